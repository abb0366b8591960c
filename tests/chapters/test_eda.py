"""The data described: counts against the papers', pixels, shapes, scalings, words."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mnistlib import claims, data
from mnistlib.chapters.eda import figures as eda_figures
from mnistlib.chapters.eda import findings
from mnistlib.chapters.eda import results as eda
from mnistlib.claims.verdicts import judge
from mnistlib.show import tables


def blank(n=1):
    return np.zeros((n, 28, 28), dtype=np.uint8)


@pytest.fixture
def like_mnist(digits):
    """The embedded digits under MNIST's name, with class counts of our choice."""

    def make(train_counts, test_counts):
        parts = {}
        for part, counts in (("train", train_counts), ("test", test_counts)):
            parts[f"y_{part}"] = np.repeat(np.arange(10), counts).astype(np.uint8)
            parts[f"x_{part}"] = np.zeros((sum(counts), 28, 28), np.uint8)
        return replace(digits, name="mnist", **parts)

    return make


def test_class_table_counts_every_image_once(digits):
    table = eda.class_table(digits)
    assert table["train"].sum() == len(digits.y_train)
    assert table["test"].sum() == len(digits.y_test)
    assert table["last"].sum() == len(digits.y_train) - int(len(digits.y_train) * 0.7)
    for part in ("train", "test", "last"):
        assert table[f"{part}_share"].sum() == pytest.approx(1)
    assert table.at[3, "train"] == np.sum(digits.y_train == 3)


def test_ranges_name_the_digits_outside(like_mnist):
    dataset = like_mnist([6000] * 9 + [6001], [799] + [1000] * 8 + [1001])
    table = eda.range_claims(dataset).set_index("part")
    assert table.at["training", "outside"] == [9]
    assert table.at["test", "outside"] == [0, 9]
    assert (table.at["test", "least"], table.at["test", "most"]) == (799, 1001)


def test_supports_are_set_against_the_test_part(like_mnist):
    dataset = like_mnist([5] * 10, claims.reported("ASH-13"))
    table = eda.support_claims(dataset)
    assert table["asher_difference"].tolist() == [0] * 10
    assert table["raut_difference"].tolist()[:2] == [-80, 60]
    assert "−80 |" in tables.to_markdown(table, eda.SUPPORTS)


def verdicts(dataset) -> dict:
    facts = findings.printed_counts(dataset)
    return {fact.claim_id: judge(fact.claim_id, facts).verdict for fact in facts}


def text_of(dataset, claim_id) -> str:
    facts = findings.printed_counts(dataset)
    (fact,) = [fact for fact in facts if fact.claim_id == claim_id]
    return fact.text.replace("\n", " ")


def test_the_papers_counts_are_not_held_against_other_data(digits):
    assert eda.range_claims(digits)["outside"].tolist() == [None, None]
    assert eda.support_claims(digits)["raut_difference"].isna().all()
    assert findings.printed_counts(digits) == []
    assert "not MNIST" in findings.say("counts", facts=[])
    for table, columns in (
        (eda.range_claims(digits), eda.RANGES),
        (eda.support_claims(digits), eda.SUPPORTS),
    ):
        assert "nan" not in tables.to_markdown(table, columns).lower()


def test_verdicts_on_printed_counts_follow_the_counts(like_mnist):
    right = like_mnist([6000] * 10, claims.reported("RAU-06"))
    assert set(verdicts(right).values()) == {"reproduced", "contradicted"}
    assert verdicts(right)["RAU-10"] == "contradicted"  # these sum to 9,935
    assert "training images a digit holds for every digit" in text_of(right, "AHM-15")
    assert text_of(right, "RAU-06") == "`raut`'s ten test supports are those of the data."
    assert "+0.0 to +0.0 %" in text_of(right, "AHM-17")
    wrong = like_mnist([5000] * 9 + [6600], claims.reported("ASH-13"))
    assert verdicts(wrong) == {
        "AHM-15": "contradicted",  # without a hedge
        "AHM-16": "reproduced",
        "AHM-17": "reproduced",
        "RAU-06": "contradicted",
        "ASH-13": "reproduced",
        "RAU-10": "reproduced",
    }
    assert "training images a digit fails for 9:" in text_of(wrong, "AHM-15")
    assert "for 6 digits (0, 1, 2, 6, 7 and 9)" in text_of(wrong, "RAU-06")
    assert text_of(wrong, "RAU-06").endswith(
        "sum to 9,935, where the report's last row has 10,000."
    )
    assert "−16.7 to +10.0 %" in text_of(wrong, "AHM-17")


@pytest.mark.parametrize(
    ("most", "verdict", "word"),
    [(1100, "reproduced", "still"), (1201, "contradicted", "no longer")],
)
def test_a_hedged_range_is_held_to_its_hedge(like_mnist, most, verdict, word):
    """ "About 800 to 1,000" is not "800 to 1,000"."""
    dataset = like_mnist([6000] * 10, [1000] * 9 + [most])
    assert verdicts(dataset)["AHM-16"] == verdict
    text = text_of(dataset, "AHM-16")
    away = f"{(most - 1000) / 10:.1f}\u202f%"
    assert f"is hedged; 9 lies outside it, by {away} at most, which we {word} call" in text
    far = like_mnist([7201, *[6000] * 9], [1000] * 10)
    assert verdicts(far)["AHM-17"] == "contradicted"


def test_the_answer_counts_what_holds(like_mnist):
    dataset = like_mnist([6000] * 10, claims.reported("ASH-13"))
    text = findings.say("counts", facts=findings.printed_counts(dataset))
    assert text.startswith("Of 6 statements that papers print about these counts, 5 hold.")
    assert "`raut`'s test supports are not" in text


@pytest.mark.slow
def test_the_papers_counts_on_real_mnist(real_mnist):
    table = eda.range_claims(data.load("mnist", real_mnist)).set_index("part")
    assert table.at["training", "outside"] == [1, 3, 7]
    assert table.at["test", "outside"] == [1, 2, 3, 7, 9]


def test_pixel_statistics_agree_with_numpy(digits):
    mean, std = eda.pixel_mean_std(digits.x_train)
    assert mean == pytest.approx(digits.x_train.mean(axis=0) / 255)
    assert std == pytest.approx(digits.x_train.std(axis=0) / 255, abs=1e-9)


def test_the_main_period_is_found_below_the_envelope():
    index = np.arange(784)
    arch = 5 * np.sin(np.pi * index / 784)
    assert eda.main_period(arch + np.cos(2 * np.pi * index / 28)) == 28
    assert eda.main_period(arch + np.cos(2 * np.pi * index / 56)) == 56


def test_class_images_leave_out_absent_classes():
    images = blank(3)
    images[0, 5, 5], images[1, 5, 5] = 255, 0
    means, stds = eda.class_images(images, np.array([4, 4, 7]))
    assert set(means) == set(stds) == {4, 7}
    assert means[4][5, 5] == stds[4][5, 5] == 0.5
    assert stds[7].max() == 0


def test_shape_facts_by_hand():
    images = blank(3)
    images[0, 10:14, 20] = 255  # four rows high, one wide
    images[1, 0, 0] = images[1, 27, 27] = 51
    facts = eda.shape_facts(images, np.array([1, 2, 3]))
    assert facts["ink"].tolist() == pytest.approx([4 / 784, 2 * 0.2 / 784, 0])
    assert facts.loc[0, ["down", "right"]].tolist() == [-2, 6.5]
    assert facts.loc[0, ["height", "width"]].tolist() == [4, 1]
    assert facts.loc[1, ["down", "right"]].tolist() == [0, 0]
    assert facts.loc[1, ["height", "width"]].tolist() == [28, 28]
    assert facts.loc[2, ["down", "right", "height", "width"]].isna().all()


def test_shape_table_has_a_row_for_all():
    facts = eda.shape_facts(blank(4), np.array([0, 0, 5, 5]))
    facts["ink"] = [0.1, 0.3, 0.5, 0.5]
    table = eda.shape_table(facts).set_index("digit")
    assert table.index.tolist() == [0, 5, "all"]
    assert table["ink"].tolist() == pytest.approx([0.2, 0.5, 0.35])
    assert table.at[0, "ink_std"] == pytest.approx(np.sqrt(0.02))


def test_scalings_give_numbers_and_samples(digits):
    table, samples = eda.scalings(digits, np.array([3, 8]))
    table = table.set_index("scaling")
    assert table.index.tolist() == ["as stored", *data.SCALINGS] == list(samples)
    assert table.loc["unit", ["low", "high"]].tolist() == [0, 1]
    assert table.loc["standardised", ["mean", "std"]].tolist() == [0, 1]
    assert not np.signbit(table.at["standardised", "mean"])
    assert table.at["as stored", "shape"] == "1437 × 28 × 28"
    assert samples["unit"] == pytest.approx(digits.x_train[[3, 8]] / 255)
    assert {x.shape for x in samples.values()} == {(2, 28, 28)}


def test_draws_are_repeatable_and_by_class():
    labels = np.repeat(np.arange(10), 5).astype(np.uint8)
    rows = eda.draw_rows(labels, 2, 0, per_class=True)
    assert labels[rows].tolist() == np.repeat(np.arange(10), 2).tolist()
    assert rows.tolist() == eda.draw_rows(labels, 2, 0, per_class=True).tolist()
    assert eda.draw_rows(labels, 99, 0).tolist() == list(range(50))
    assert eda.draw_rows(labels, 20, 0).tolist() != eda.draw_rows(labels, 20, 1).tolist()


def test_words_on_pixels_follow_the_numbers():
    def text(always_zero, mean_period):
        periods = {"mean_period": mean_period, "std_period": 28.0}
        return findings.say("pixels", always_zero=always_zero, **periods)

    assert "1 pixel of 784 is 0" in text(1, 28.0)
    assert "the waves in such charts are its rows" in text(67, 28.0)
    assert "another wave is stronger" in text(67, 56.0)


def test_classes_and_shapes_follow_the_numbers(digits):
    table = eda.class_table(digits)
    balance = findings.classes(table)
    assert balance["most"] == table["train"].idxmax()
    assert balance["always"] == table["test_share"][balance["most"]]
    ratio = table["train"].max() / table["train"].min()
    assert findings.say("balance", **balance).endswith(f"a ratio of {ratio:.2f}.")
    assert "is right for" in findings.say("classes", **balance)
    facts = eda.shape_facts(digits.x_train, digits.y_train)
    facts.loc[facts["label"] == 4, "ink"] = 1.0
    facts.loc[facts["label"] != 4, "ink"] = 0.5
    found = findings.shapes(facts)
    assert (found["most"], found["ratio"], found["full"]) == (4, 2, 1)
    assert found["down"][0] == pytest.approx(facts["down"].mean())
    text = findings.say("shapes", **found)
    assert "Digit 4 has the most ink on average, 2.0 times" in text
    assert f"lies on average {facts['down'].mean():+.2f} (98 % of them " in text


def test_duplicates_within_and_across_the_parts():
    def table(*repeated):
        parts = ["training", "test", "both together"]
        return pd.DataFrame({"part": parts, "repeated": repeated})

    nothing = findings.duplicates(table(0, 0, 0))
    assert findings.say("duplicates", **nothing).startswith("No two images")
    some = findings.duplicates(table(2, 0, 5))
    assert some == {"training": 2, "test": 0, "across": 3}
    text = findings.say("duplicates", **some)
    assert "2 training images and 0 test images have an equal" in text
    assert "3 more images have one in the other part" in text


def test_words_on_components():
    text = findings.say("components", counts={0.5: 3, 0.9: 9, 0.95: 12}).split()
    assert " ".join(text) == (
        "**Components.** Of 784 principal components, 3 hold 50 %, 9 hold 90 % and 12 hold "
        "95 % of the variance."
    )


def test_figures_draw_what_they_are_given(digits):
    table = eda.class_table(digits)
    ranges = eda.range_claims(digits)
    figure = eda_figures.class_bars(table, ranges)
    heights = [bar.get_height() for bar in figure.axes[1].patches[:10]]
    assert heights == table["test"].tolist()
    assert len(eda_figures.class_bars(table).legends[0].texts) == 1
    facts = eda.shape_facts(digits.x_train, digits.y_train)
    image = eda_figures.centres(facts).axes[0].collections[0]
    assert image.get_array().sum() == len(facts)
    _, samples = eda.scalings(digits, np.array([0, 1, 2]))
    figure = eda_figures.scaling_samples(samples)
    assert figure.axes[3].get_ylabel() == "unit"
    assert len(figure.axes) == 15


def test_importing_loads_no_figures():
    code = (
        "import sys\n"
        "from mnistlib.chapters.eda import digit_maps, figures, findings, results\n"
        "print('matplotlib' in sys.modules, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]
