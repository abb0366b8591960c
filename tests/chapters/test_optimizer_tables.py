"""The optimizer comparison's tables against printed, hand-computed and counted values."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.optimizers import results
from mnistlib.chapters.optimizers.design import A1, A2, A2_FAST, A3, PAPER_SYSTEMS, System
from mnistlib.ground.errors import RunError


@dataclass
class FakeRuns:
    """Predictions by key, as `mnistlib.runs.Runs` gives them."""

    keys: list[str]
    test_labels: np.ndarray
    test_index: np.ndarray
    digits: dict[str, list[int]]

    def predictions(self, key):
        return np.array(self.digits[key], dtype=np.uint8)

    def confidence(self, key):
        return np.full(len(self.test_labels), 0.75, dtype=np.float16)


def reported_frame(accuracies: dict, n: int = 10_000) -> pd.DataFrame:
    """Rows of test results: system -> accuracy of each seed."""
    return pd.DataFrame(
        [
            {
                "key": f"{system.name}/{seed}",
                "system": system.name,
                "method": system.method,
                "learning_rate": system.learning_rate,
                "seed": seed,
                "test_accuracy": accuracy,
                "test_loss": 0.1,
                "n_examples": n,
                "status": "ok",
            }
            for system, values in accuracies.items()
            for seed, accuracy in enumerate(values)
        ]
    )


def test_reported_values_are_the_papers_with_their_error_counts():
    table = results.reported_table().set_index("system")
    assert table["errors"].tolist() == [204, 173, 135]
    assert table["rate"].tolist() == ["0.01", "not printed", "1.0"]
    assert table["accuracy"].tolist() == pytest.approx([0.9796, 0.9827, 0.9865])
    assert table["loss"].tolist() == [0.0629, 0.0551, 0.0397]
    assert table["low"].round(4).tolist() == [0.9766, 0.9800, 0.9840]
    assert table["high"].round(4).tolist() == [0.9822, 0.9851, 0.9886]


def test_paper_table_puts_the_right_claim_beside_each_system():
    frame = reported_frame({s: [0.98, 0.99] for s in PAPER_SYSTEMS})
    frame.loc[frame["key"] == f"{A3.name}/1", ["status", "test_loss"]] = "diverged", None
    table = results.paper_table(frame).set_index("system")
    assert table["printed"].to_dict() == {
        A1.name: "97.96", A2.name: "98.27", A3.name: "98.65", A2_FAST.name: "98.27",
    }  # fmt: skip
    # 98 and 99 %: one more run lies within 12.7 × 0.71 × sqrt(1.5) points of 98.5 %.
    assert set(table["place"]) == {"inside"}
    assert table.at[A1.name, "one_low"] == pytest.approx(0.985 - 0.11004, abs=1e-4)
    assert table.at[A3.name, "mean"] == pytest.approx(0.985)
    assert table["diverged"].to_dict() == {
        A1.name: 0, A2.name: 0, A3.name: 1, A2_FAST.name: 0,
    }  # fmt: skip
    assert table.at[A1.name, "loss"] == pytest.approx(0.1)
    assert np.isnan(table.at[A3.name, "loss"])  # not the mean of the runs that are left


def test_a_printed_value_is_judged_by_one_more_run():
    """98.27 lies outside the interval of this mean, and inside that of one more run."""
    frame = reported_frame({A2: [0.982, 0.9821, 0.9825, 0.9815, 0.9819]})
    row = results.paper_table(frame).iloc[0]
    assert row["high"] < 0.9827 < row["one_high"]
    assert row["place"] == "inside"


def test_gaps_at_face_value_are_those_of_the_printed_values():
    frame = reported_frame(
        {A1: [0.90, 0.92, 0.91], A2: [0.95, 0.96, 0.97], A3: [0.95, 0.98, 0.96]}
    )
    gaps = results.gap_table(frame)
    assert gaps[["b", "a"]].to_numpy().tolist() == [
        [A1.name, A2.name],
        [A1.name, A3.name],
        [A2.name, A3.name],
    ]
    assert gaps["paper_images"].tolist() == [31, 69, 38]
    assert gaps["paper_p"].round(3).tolist() == [0.107, 0.0, 0.029]
    assert gaps["mean_difference"].tolist() == pytest.approx([0.05, 0.16 / 3, 0.01 / 3])
    assert gaps["images"].tolist() == pytest.approx([500, 1600 / 3, 100 / 3])
    assert (gaps["p_holm"] >= gaps["p"]).all()
    widths = gaps["high"] - gaps["low"]
    assert widths.tolist() == pytest.approx([widths.iloc[0]] * 3)  # one residual for all


def test_one_seed_has_no_interval_over_seeds_and_no_test():
    frame = reported_frame({A1: [0.9], A2: [0.95], A3: [0.96]})
    gaps = results.gap_table(frame)
    assert gaps[["low", "high", "p", "p_holm"]].isna().all(axis=None)
    final = results.final_table(frame, PAPER_SYSTEMS)
    assert final[["std", "low", "high", "both_low"]].isna().all(axis=None)
    assert final["image_low"].notna().all()


def test_final_table_has_wilsons_interval_of_the_mean():
    frame = reported_frame({A1: [0.97, 0.98]}, n=100)
    row = results.final_table(frame, [A1]).iloc[0]
    # Wilson for 98 of 100 (0.975 rounds to even).
    assert row["image_low"] == pytest.approx(0.93, abs=0.001)
    assert row["image_high"] == pytest.approx(0.9945, abs=0.0005)
    assert row["learning_rate"] == 0.01


def test_pairs_count_images_and_seeds():
    y = np.arange(20) % 10
    wrong = (y + 1) % 10
    digits = {
        "a/0": y,
        "a/1": y,
        "b/0": wrong,  # all 20 wrong: McNemar p = 2 / 2**20
        "b/1": np.where(np.arange(20) < 2, wrong, y),  # 2 wrong: p = 0.5
    }
    runs = FakeRuns([], y, np.arange(20), digits)
    a, b = System("a", "sgd", 0.1), System("b", "adam", 0.1)
    frame = reported_frame({a: [1.0, 0.9], b: [0.5, 0.4]}, n=20)
    (row,) = results.pair_table(frame, runs).itertuples()
    assert (row.a, row.b, row.n) == ("a", "b", 2)
    assert (row.a_only, row.b_only) == (11, 0)
    assert (row.ahead, row.behind, row.runs) == (1, 0, 2)
    assert row.mean_difference == pytest.approx(0.5)
    assert row.images == pytest.approx(10)


def seven_runs():
    labels = np.array([2, 7, 1, 7], dtype=np.uint8)
    digits = {f"{s.name}/{seed}": [2, 7, 1, 7] for s in PAPER_SYSTEMS for seed in (0, 1)}
    digits[f"{A2.name}/1"] = [2, 7, 1, 9]
    return FakeRuns([], labels, np.array([40, 30, 20, 10]), digits)


def test_first_seven_is_the_first_in_the_data_set():
    assert results.first_of_digit(seven_runs()) == 3


def test_without_a_seven_the_error_says_so():
    runs = replace(seven_runs(), test_labels=np.array([1, 2, 3, 4]))
    message = (
        "the test images used must hold a 7. Received: n_test=4 (int) without one; "
        "use more test images"
    )
    with pytest.raises(RunError) as caught:
        results.first_of_digit(runs, 7)
    assert str(caught.value) == message


def test_predictions_of_the_first_seed_and_seeds_that_are_right():
    frame = reported_frame({s: [0.98, 0.99] for s in PAPER_SYSTEMS})
    table = results.prediction_table(frame, seven_runs(), 3).set_index("system")
    assert table["predicted"].tolist() == [7, 7, 7, 7]
    assert table["right"].to_dict() == {A1.name: 2, A2.name: 1, A3.name: 2, A2_FAST.name: 2}
    assert table["probability"].tolist() == [0.75] * 4
    assert table["paper"].tolist()[:2] == [7, 7]
    assert pd.isna(table.at[A3.name, "paper"])
