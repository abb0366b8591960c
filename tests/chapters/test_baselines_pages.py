"""What the comparison says and draws: words that follow from numbers, marks in place."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.baselines import cells, findings
from mnistlib.chapters.baselines import figures as baselines_figures
from mnistlib.chapters.baselines import results as baselines_tables
from mnistlib.chapters.baselines.design import CNN, CNN_L2, SYSTEMS


@pytest.fixture
def table():
    """An accuracy table in which the papers' order holds."""
    shares = np.linspace(0.98, 0.5, len(SYSTEMS))
    order = [CNN, "svm_rbf", "ann", *(set(SYSTEMS) - {CNN, "svm_rbf", "ann"})]
    seeded = np.array([SYSTEMS[name].is_repeated for name in order])

    def ends(move):
        return np.where(seeded, shares + move, np.nan)

    return pd.DataFrame(
        {
            "system": order,
            "label": [SYSTEMS[name].label for name in order],
            "n": np.where(seeded, 3, 1),
            "mean": shares,
            "median": shares,
            "failed": 0,
            **{f"{part}low": ends(-0.01) for part in ("", "both_", "one_")},
            **{f"{part}high": ends(0.01) for part in ("", "both_", "one_")},
            "image_low": shares - 0.002,
            "image_high": shares + 0.002,
        }
    )


@pytest.fixture
def frame():
    """Runs of every system on 1,000 test images, three where a seed matters."""
    right = {"cnn": [981, 980, 979], "svm_rbf": [931]}
    rows = [
        {"system": name, "test_accuracy": n / 1000, "n_correct": n, "n_examples": 1000}
        for name in SYSTEMS
        for n in right.get(name, [900, 901, 902])
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def on_mnist(digits):
    return replace(digits, name="mnist")


def test_the_size_decides_what_can_be_compared(digits, on_mnist):
    assert "42\u202f000 images that `raj2024`" in findings.size(on_mnist, 42_000)
    assert "says nothing at this size" in findings.size(on_mnist, 7_000)
    assert "280 images that are not MNIST" in findings.size(digits, 280)
    assert not findings.is_papers_size(digits, 42_000)


def test_the_order_of_the_papers_three(table):
    text = findings.accuracy(table, "svm_rbf")
    assert "CNN before RBF SVM before ANN: the paper's own." in text
    assert "CNN 98.00 (97.00–99.00)" in text
    table.loc[table["system"] == CNN, "mean"] = 0.1
    text = findings.accuracy(table, "svm_rbf")
    assert "RBF SVM before ANN before CNN: not the paper's" in text


def test_the_network_is_held_against_the_printed_count():
    assert "as many as `raj2024`" in findings.network(pd.DataFrame({"parameters": [81066]}))
    other = findings.network(pd.DataFrame({"parameters": [5]}))
    assert "5 parameters, not the 81\u202f066 that `raj2024` prints" in other


def test_printed_differences_that_may_be_chance_are_named():
    tests = baselines_tables.printed_tests()
    text = findings.printed(tests)
    assert "SVM over ANN in `raj2024` (p = 0.739)" in text
    assert "CNN over SVM" not in text
    assert "none is chance's" in findings.printed(tests.assign(p=0.001))


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0001, "; more than the luck of these test images explains (p < 0.001)."),
        (0.2, "; which the luck of the test images may explain (p = 0.200)."),
    ],
)
def test_a_lead_is_weighed_against_the_luck_of_the_images(p, words):
    row = pd.Series(
        {
            "system": "svm_rbf",
            "a_only": 12.0,
            "b_only": 5.5,
            "ahead": 2,
            "behind": 1,
            "runs": 3,
            "points": 0.014,
            "low": 0.01,
            "high": 0.018,
            "p_holm": p,
        }
    )
    text = findings.lead(row, 1000, won=1, lost=2)
    assert words in text
    assert "alone has 12.0 right and the RBF SVM alone 5.5" in text
    assert "a lead of +1.40 (+1.00\u00a0to\u00a0+1.80) points" in text
    assert "the seeds say +2 / −1 of 3. At most of its seeds" in text
    assert "wrong on 1 image, and wrong where it is right on 2." in text
    doubtful = findings.lead(row.replace({0.01: -0.01}), 1000, won=1, lost=2)
    assert ("but other seeds may have none" in doubtful) == (p < 0.05)


def pairs_table(leads):
    names = ["4/9", "3/8", "7/9", "1/7"]
    return pd.DataFrame(
        {"pair": names, "leader_errors": [5.0, 9.0, 1.0, 0.0], "lead": leads}
    )


def test_where_the_lead_arises():
    classes = pd.DataFrame({"digit": [2, 3], "lead": [14.66, -1.0], "p_holm": [0.01, 0.9]})
    text = findings.where(classes, pairs_table([5.0, 3.0, 1.0, 1.0]), "svm_rbf")
    assert "beyond chance for 2 (+14.7 images)." in text
    assert "pairs 4/9, 3/8 and 7/9 make 90\u202f% of the difference to the RBF SVM" in text
    assert "3/8 is number 1 and 4/9 is number 2;" in text
    text = findings.where(
        classes.assign(p_holm=1.0), pairs_table([1.0, 0.0, 0.0, -2.0]), "knn_3"
    )
    assert "No single digit shows" in text
    assert "make" not in text


def test_the_headline_is_the_training_accuracy():
    rows = pd.DataFrame({"train_accuracy": [0.99, 0.98], "test_accuracy": [0.97, 0.97]})
    text = findings.training_accuracy(rows)
    assert "The 98.36 % that `raj2024` concludes with is the training accuracy" in text
    assert "by +1.50 points (+1.00 to +2.00 over seeds)" in text
    assert "over seeds" not in findings.training_accuracy(rows.head(1))


def test_the_first_epoch_hints_at_the_scaling_only_at_the_papers_size():
    log = pd.DataFrame(
        {
            "epoch": [1],
            "training, printed": [0.8888],
            f"training, {SYSTEMS[CNN].label}": [0.93],
            f"training, {SYSTEMS[CNN_L2].label}": [0.89],
        }
    )
    assert "CNN (L2) is nearer" in findings.first_epoch(log, comparable=True)
    assert "after another number of images" in findings.first_epoch(log, comparable=False)


def test_headline_rows_say_where_the_printed_value_lies(frame, on_mnist, digits):
    rows = findings.headline_rows(frame, on_mnist, 42_000)
    assert [row["claim_id"] for row in rows][:2] == ["RAJ-01", "RAJ-12"]
    cnn, svm = rows[:2]
    # 97.9, 98.0, 98.1: mean 98 -+ 4.303 × 0.1 × sqrt(4 / 3)
    assert (cnn["ours"], cnn["place"]) == (pytest.approx(98.0), "inside")
    assert (cnn["one_low"], cnn["one_high"]) == pytest.approx((97.503, 98.497), abs=1e-3)
    assert "98.30\u202f% lies above our mean 98.00" in cnn["text"]
    assert "inside the 95 % interval of one more run, 97.50–98.50" in cnn["text"]
    assert np.isnan([svm["low"], svm["one_low"]]).all() and svm["place"] == ""
    assert svm["image_low"] < svm["ours"] < svm["image_high"]
    assert "97.77 % lies above the 95 % interval over test images" in svm["text"]
    small = findings.headline_rows(frame, digits, 280)
    assert {row["text"] for row in small} == {
        "trained on 280 images only: not to be compared."
    }


def test_notes_quote_the_claims():
    assert (
        "98.36 % in the conclusion, 98.30 % in the table, 98 %" in findings.headline_note()
    )
    assert "304 s for its 5 epochs" in findings.printed_seconds()


def test_errors_are_drawn_with_what_papers_print(table):
    ax = baselines_figures.error_plot(table).axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == table["label"].tolist()
    printed = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "D"
               and len(line.get_xdata())]  # fmt: skip
    assert sorted(printed) == pytest.approx([0.017, 0.0223, 0.0223, 0.023])
    broad = [line for line in ax.lines if line.get_linewidth() == 7]
    assert len(broad) == len(table) + 1  # one over images for each, and the legend's
    table.loc[0, ["mean", "image_high", "one_low", "one_high"]] = [1.0, 1.0, 0.99, 1.0]
    baselines_figures.error_plot(table).draw_without_rendering()


def test_logs_are_drawn_over_the_images_seen():
    epochs = pd.DataFrame({"epoch": [1, 2], "images_seen": [70, 140]})
    values = {column: [0.5, 0.6] for column in baselines_tables.LOG}
    logs = pd.concat(
        epochs.assign(system=name, key=f"{name}{seed}", **values)
        for name, seed in ((CNN, 0), (CNN, 1), (CNN_L2, 0))
    )
    axes = baselines_figures.log_curves(logs, 42_000).axes
    assert [len(ax.lines) for ax in axes] == [2 + 1 + 1 + 1] * 4
    assert axes[0].lines[-1].get_xdata().tolist() == [42, 84, 126, 168, 210]
    assert axes[3].get_yscale() == "log"


def test_pairs_and_costs_are_drawn(table):
    pairs = pairs_table([5.0, 3.0, 1.0, 1.0]).assign(other_errors=[10.0, 12.0, 2.0, 1.0])
    ax = baselines_figures.pair_plot(pairs, CNN, "svm_rbf", count=3).axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["4/9", "3/8", "7/9"]
    costs = table.assign(
        test_accuracy=table["mean"], predict_seconds=np.geomspace(0.01, 10, len(table))
    )
    ax = baselines_figures.cost_plot(costs).axes[0]
    assert sorted(text.get_text() for text in ax.texts) == sorted(table["label"])


def test_a_gallery_may_be_empty(digits):
    shown = baselines_figures.gallery(digits.x_test[:3], [4, 9, 3], [9, 4, 8])
    assert [ax.get_title() for ax in shown.axes] == ["4, not 9", "9, not 4", "3, not 8"]
    empty = baselines_figures.gallery(digits.x_test[:0], [], [])
    assert "no such image" in empty.axes[0].texts[0].get_text()


def test_tables_are_shown_in_percent_with_what_papers_print(table):
    shown = cells.accuracy(table.assign(val_accuracy=0.5)).set_index("system")
    assert shown.at["CNN", "raj2024"] == "98.30 (inside)"
    assert shown.loc["RBF SVM", ["raj2024", "asher"]].tolist() == ["97.77", "97.1"]
    assert shown.loc["naive Bayes", ["raj2024", "asher"]].tolist() == ["–", "–"]
    columns = ["over seeds", "over images", "one more run"]
    assert shown.loc["CNN", columns].tolist() == [
        "97.00–99.00",
        "97.80–98.20",
        "97.00–99.00",
    ]
    svm = shown.loc["RBF SVM", columns]
    assert svm.tolist()[::2] == ["–", "–"] and "–" in svm["over images"]


def test_printed_tests_are_shown_side_by_side():
    row = cells.printed_tests(baselines_tables.printed_tests()).iloc[0]
    assert row.tolist() == [
        "raj2024",
        "CNN and SVM",
        "98.30 and 97.77",
        "170 and 223",
        "0.007",
    ]


def test_logs_and_last_epochs_are_shown_in_their_units():
    log = pd.DataFrame(
        {"epoch": [1], "training, printed": [0.8888], "validation, CNN": [np.nan]}
    )
    shares = cells.log(log, is_share=True)
    assert shares.columns.tolist() == ["epoch", "train, printed", "val, CNN"]
    assert shares.iloc[0].tolist() == [1, "88.88", "–"]
    assert cells.log(log, is_share=False).iloc[0].tolist() == [1, "0.889", "–"]
    last = pd.DataFrame(
        {
            "accuracy": ["test"],
            "printed": ["98.30"],
            "claim": ["RAJ-01"],
            "mean": [0.98],
            "low": [np.nan],
            "high": [np.nan],
            "one_low": [0.975],
            "one_high": [0.982],
            "place": ["above"],
        }
    )
    assert cells.last_epochs(last).iloc[0].tolist() == [
        "test",
        "RAJ-01",
        "98.30",
        "98.00",
        "–",
        "97.50–98.20",
        "above",
    ]


def test_leads_are_shown_with_their_sign():
    row = {"a_only": 12.34, "b_only": 5.0, "ahead": 0, "behind": 3, "runs": 3}
    row |= {"lead": -12.34, "points": -0.01234, "low": -0.02, "high": np.nan}
    tests = pd.DataFrame([{"system": "svm_rbf", "p_holm": 0.0001} | row])
    assert cells.tests(tests).iloc[0].tolist() == [
        "RBF SVM",
        "12.3",
        "5.0",
        "+0 / −3 of 3",
        "−12.3",
        "−1.23",
        "–",
        "< 0.001",
    ]
    errors = {"leader_errors": [3.0], "other_errors": [5.5], "lead": [2.5]}
    classes = pd.DataFrame(errors | {"digit": 7, "support": 1028, "p": 1.0, "p_holm": 1.0})
    shown = cells.classes(classes, "knn_3")
    assert shown.columns.tolist()[2:5] == ["errors, CNN", "errors, 3-NN", "lead, images"]
    assert shown.iloc[0, :5].tolist() == [7, "1\u202f028", "3.0", "5.5", "+2.5"]
    pairs = cells.pairs(pd.DataFrame(errors | {"pair": "4/9", "share": 0.257}), "knn_3")
    assert pairs.iloc[0].tolist() == ["4/9", "3.0", "5.5", "+2.5", "25.7"]


def test_scores_and_costs_are_shown(table):
    scores = pd.DataFrame({"digit": [3], "support": [1010], "recall, CNN": [0.98765]})
    assert cells.per_class(scores).iloc[0].tolist() == [3, "1\u202f010", "98.77"]
    costs = table.head(1).assign(fit_seconds=1.234, predict_seconds=0.5, megabytes=20.0)
    costs["test_accuracy"] = costs["mean"]
    assert cells.costs(costs).iloc[0].tolist() == ["CNN", "1.23", "0.500", "20.00", "98.00"]
