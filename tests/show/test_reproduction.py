"""A paper's numbers beside ours: formats, sentences, tables, the front page's rows."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.complex_cnn.params import Params
from mnistlib.claims.evidence import Printed
from mnistlib.show import reproduction as r
from mnistlib.show import tables
from mnistlib.stats.intervals import wilson

ACCURACY, LOSS = "AHM-07", "AHM-08"  # 98.73 %, 0.0429 nats


def params(**values):
    return Params.from_mapping(values)


def runs_of(accuracies, losses, system="ours", status="ok"):
    return pd.DataFrame(
        {
            "system": system,
            "test_accuracy": accuracies,
            "test_loss": pd.Series(losses, dtype=object),
            "n_examples": 10_000,
            "status": status,
        }
    )


@pytest.mark.parametrize(
    ("values", "dataset", "full"),
    [
        ({"n_train": None}, "mnist", True),
        ({"n_train": 60_000, "n_test": 10_000}, "mnist", True),
        ({"n_train": 59_999}, "mnist", False),
        ({"n_train": None, "n_test": 500}, "mnist", False),
        ({"n_train": None}, "digits", False),
    ],
)
def test_size_clause_is_silent_only_for_all_of_mnist(values, dataset, full):
    assert r.is_full_size(params(**values), dataset) is full
    assert (r.size_clause(params(**values), dataset) == "") is full


def test_size_clause_names_the_sizes():
    text = r.size_clause(params(n_train=500, epochs=1), "mnist")
    assert "500 of 60,000 training images and 10,000 of 10,000 test images" in text
    assert "for 1 epoch:" in text
    assert "not MNIST" in r.size_clause(params(), "digits")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([98.70, 98.74, 98.80], ["below our mean 98.75", "inside", "by our 3 seeds"]),
        ([99.0, 99.01, 99.02], ["below our mean 99.01", "outside"]),
        ([97.0, 97.01, 97.02], ["above our mean 97.01", "outside"]),
        # Outside the interval of the mean, but one more run may well lie there.
        ([98.74, 98.76, 98.75, 98.745, 98.76], ["inside the 95 % interval of one more"]),
        ([98.7, 9.8, 98.8], ["1 of 3 runs failed: there is no interval"]),
        ([98.72, 98.74], ["equals our mean 98.73"]),
        ([98.0], ["above our one run's 98.00", "one seed gives no interval"]),
    ],
)
def test_sentence(values, words):
    text = r.sentence(Printed(ACCURACY, "s", values))
    assert text.startswith("The printed 98.73")
    for part in words:
        assert part in text


def test_sentence_counts_values_that_are_not_finite():
    evidence = Printed(LOSS, "s", [0.04, None])
    assert r.sentence(evidence) == "1 run of 2 gave no finite value."


def test_runs_of_another_size_are_set_beside_the_printed_value_and_judge_nothing(shown):
    small = Printed(ACCURACY, "s", [97.0, 97.01, 97.02], paper_sized=False)
    assert (small.place, r.placed(small)) == ("above", "")
    text = r.sentence(small)
    assert text.startswith(
        "The printed 98.73\u202f% lies above our mean 97.01\u202f% (one more"
    )
    assert "inside" not in text and "outside" not in text
    frame = runs_of([0.97, 0.98, 0.99], [0.1, 0.2, 0.3])
    table = r.system_table(frame, (ACCURACY, LOSS), False)
    assert list(table["place"]) == ["", ""]
    r.show_system_table(table, "A caption", "tab-x")
    assert "a dash where nothing is judged" in shown[0]
    rows = r.headline_rows(frame, "s", (ACCURACY, LOSS), "", False)
    assert [row["place"] for row in rows] == ["", ""]


def test_a_note_explains_the_columns_that_are_there():
    note = r.interval_note(tables.ACCURACY, "validation images")
    assert "Over both:" in note and "the draw of the validation images." in note
    assert "One more run" not in note and "printed lies" not in note
    assert "One more run:" in r.interval_note(["System", "One more run"])
    assert r.interval_note(["system"]) == "Intervals are of 95 %."


def test_system_table_puts_the_paper_first():
    frame = pd.concat(
        [
            runs_of([0.97, 0.98, 0.99], [0.1, 0.2, 0.3], "a"),
            runs_of([0.1], [None], "b", "diverged"),
        ]
    )
    table = r.system_table(frame, (ACCURACY, LOSS), True)
    assert list(table["system"]) == ["`ahmareen2024`, printed", "a", "b"]
    assert list(table["n"]) == [1, 3, 1]
    assert table["printed"][0] == "98.73\u202f%"
    np.testing.assert_allclose(table["mean"], [0.9873, 0.98, 0.1])
    assert (table["image_low"][0], table["image_high"][0]) == wilson(9873, 10_000)
    assert (table["image_low"][1], table["image_high"][1]) == wilson(9800, 10_000)
    half = 4.302652729911275 * 0.01 / np.sqrt(3)  # Student's t for two degrees of freedom
    np.testing.assert_allclose(table["low"][1], 0.98 - half)
    np.testing.assert_allclose(table["one_low"][1], 0.98 - 2 * half)  # sqrt(1 + 1/3)
    assert table["both_low"][1] < table["low"][1]
    assert list(table["place"]) == ["", "inside", ""]
    np.testing.assert_allclose(table["loss"], [0.0429, 0.2, np.nan])
    assert table[["low", "one_low"]].isna().to_numpy().tolist() == [
        [True, True],
        [False, False],
        [True, True],
    ]
    assert list(table["diverged"].iloc[1:]) == [0, 1]


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    """What is displayed, as Markdown text."""
    texts = []
    monkeypatch.setattr("IPython.display.display", lambda thing: texts.append(thing.data))
    return texts


def test_shown_table_has_no_nan(shown):
    frame = runs_of([0.5], [None], status="diverged")
    r.show_system_table(r.system_table(frame, (ACCURACY, LOSS), True), "A caption", "tab-x")
    (text,) = shown
    assert "98.73\u202f%" in text
    assert "1 run diverged." in text
    assert "nan" not in text.lower()


def test_shown_intervals_end_at_all_images(shown):
    table = r.system_table(runs_of([0.9, 0.99], [0.1, 0.1]), (ACCURACY, LOSS), True)
    assert table.loc[1, ["high", "both_high", "one_high"]].tolist() == [1, 1, 1]
    r.show_system_table(table, "A caption", "tab-x")
    assert "–100.00 |" in shown[0]
    assert "| inside (± 99.04, n = 2)" in shown[0]  # 12.71 × 6.36 × sqrt(3 / 2)


def test_shown_table_tells_how_many_runs_learned(shown):
    frame = runs_of([0.1, 0.98, 0.97], [0.1, 0.1, 0.1])
    r.show_system_table(r.system_table(frame, (ACCURACY, LOSS), True), "A caption", "tab-x")
    assert "97.50\u202f% (median; 2 of 3 learned)" in shown[0]


def test_headline_rows_are_in_the_claims_unit():
    rows = r.headline_rows(
        runs_of([0.98, 0.99], [0.05, 0.07]), "s", (ACCURACY, LOSS), "Note.", True
    )
    accuracy, loss = rows
    assert (accuracy["ours"], accuracy["n_seeds"]) == (pytest.approx(98.5), 2)
    assert (loss["ours"], loss["claim_id"]) == (pytest.approx(0.06), LOSS)
    assert (accuracy["place"], accuracy["low"] > accuracy["one_low"]) == ("inside", True)
    assert accuracy["image_low"] == pytest.approx(100 * wilson(9850, 10_000)[0], abs=1e-4)
    assert loss["image_low"] != loss["image_low"]  # no share of images: NaN
    assert accuracy["text"].endswith("Note.")
    assert not loss["text"].endswith("Note.")


def test_headline_counts_runs_that_diverged():
    frame = pd.concat(
        [runs_of([0.98, 0.99], [0.05, 0.07]), runs_of([0.1], [None], status="diverged")]
    )
    accuracy, loss = r.headline_rows(frame, "s", (ACCURACY, LOSS), "Note.", True)
    assert (accuracy["ours"], accuracy["n_seeds"]) == (pytest.approx(69), 3)
    assert accuracy["text"].endswith("1 run of 3 diverged. Note.")
    assert (loss["ours"], loss["n_seeds"]) == (None, 3)
    assert np.isnan([loss["low"], loss["high"]]).all()
    assert loss["text"] == "1 run of 3 gave no finite value."


def test_headline_shows_a_loss_that_no_run_has():
    rows = r.headline_rows(
        runs_of([0.1], [None], status="diverged"), "s", (ACCURACY, LOSS), "", True
    )
    assert [row["claim_id"] for row in rows] == [ACCURACY, LOSS]
    assert rows[0]["text"].endswith("1 run of 1 diverged.")
    assert (rows[1]["ours"], rows[1]["n_seeds"]) == (None, 1)


def test_a_loss_of_runs_of_which_one_diverged_has_no_mean(shown):
    frame = pd.concat(
        [runs_of([0.98, 0.99], [0.05, 0.07]), runs_of([0.1], [None], status="diverged")]
    )
    table = r.system_table(frame, (ACCURACY, LOSS), True)
    assert np.isnan(table["loss"][1]) and table["diverged"][1] == 1
    r.show_system_table(table, "A caption", "tab-x")
    row = next(line for line in shown[0].splitlines() if "ours" in line)
    assert "3 (1 diverged)" in row and "0.06" not in row


def test_a_headline_of_failed_runs_has_no_interval_over_seeds():
    accuracy, _ = r.headline_rows(
        runs_of([0.98, 0.1], [0.05, 0.07]), "s", (ACCURACY, LOSS), "", True
    )
    assert np.isnan([accuracy["low"], accuracy["one_low"]]).all()
    assert accuracy["place"] == ""


def test_halves_of_the_test_part(runs):
    runs.specs = [SimpleNamespace(dataset="d")]
    runs.datasets = {"d": SimpleNamespace(y_test=np.zeros(16))}
    (row,) = r.half_table(runs, {"a": ["k0", "k1"]}).to_dict("records")
    # Labels 1, 2, 0; k0 errs on the last image, k1 on the last two; rows 4, 7 | 9.
    assert row == {
        "system": "a",
        "runs": 2,
        "errors": "50.00\u202f%",
        "first half": "25.00\u202f%",
        "last half": "100.00\u202f%",
    }


@pytest.fixture
def runs():
    """Two runs on three test images, rows 4, 7 and 9 of the test part."""
    predictions = {"k0": np.array([1, 2, 3]), "k1": np.array([1, 5, 3])}
    return SimpleNamespace(
        test_index=np.array([4, 7, 9]),
        test_labels=np.array([1, 2, 0], dtype=np.uint8),
        frame=pd.DataFrame({"key": ["k0", "k1"], "seed": [0, 1], "momentum": [0.0, 0.9]}),
        predictions=predictions.get,
        confidence={"k0": np.full(3, 0.5), "k1": np.full(3, 0.25)}.get,
    )


def test_read_image_takes_the_row_of_the_index(runs):
    read = r.read_image(runs, 7)
    assert list(read["predicted"]) == [2, 5]
    assert list(read["right"]) == [True, False]
    assert list(read["probability"]) == [0.5, 0.25]


def test_read_image_that_was_not_tested(runs):
    read = r.read_image(runs, 150)
    assert read.empty
    assert "predicted" in read.columns


def test_pooled_confusion_adds_up(runs):
    counts = r.pooled_confusion(runs, ["k0", "k1"])
    assert counts.sum() == 6
    assert (counts[1, 1], counts[2, 2], counts[2, 5], counts[0, 3]) == (2, 1, 1, 2)


def test_a_place_is_shown_with_its_half_width_and_seeds():
    values = [98.6, 98.8, 98.7]  # 4.303 × 0.1 × sqrt(4 / 3)
    assert r.lies(Printed(ACCURACY, "s", values)) == "inside (± 0.50, n = 3)"
    assert r.lies(Printed(ACCURACY, "s", values, paper_sized=False)) == "–"
    assert r.lies(Printed(ACCURACY, "s", values[:1])) == "–"
    assert r.lies(Printed(ACCURACY, "s", [97.0], seedless=True)) == "above (n = 1)"
    assert r.lies(Printed(LOSS, "s", [0.04, 0.05])).startswith("inside (± 0.1100, n = 2)")
