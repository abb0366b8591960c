"""A variance taken apart, against simulated designs of known variances."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnistlib.stats.components import REST, components

FACTORS = ["weights", "order", "subset"]


def design(sizes, stds, seed) -> pd.DataFrame:
    """Draw a crossed design: an effect of each level, and a rest of each run."""
    rng = np.random.default_rng(seed)
    effects = [rng.normal(0, std, n) for n, std in zip(sizes, stds, strict=False)]
    rows = [
        (*cell, sum(e[i] for e, i in zip(effects, cell, strict=True)))
        for cell in product(*map(range, sizes))
    ]
    frame = pd.DataFrame(rows, columns=[*FACTORS, "accuracy"])
    return frame.assign(accuracy=frame["accuracy"] + rng.normal(0, stds[-1], len(frame)))


def test_large_designs_give_the_variances_back():
    frame = design((20, 20, 20), (1.0, 0.5, 2.0, 1.0), seed=0)
    table = components(frame, FACTORS, "accuracy").set_index("source")
    truth = np.array([1, 0.25, 4, 1])
    assert ((table["low"] < truth) & (truth < table["high"])).all()
    assert (table["high"] < 4 * table["low"]).all()
    assert ((table["low"] < table["variance"]) & (table["variance"] < table["high"])).all()
    assert table.at[REST, "degrees"] == 8000 - 1 - 3 * 19
    assert table["share"].sum() == pytest.approx(1)
    assert table["std"].to_numpy() == pytest.approx(table["variance"].to_numpy() ** 0.5)


def test_intervals_cover_the_truth():
    truth, inside = {"weights": 0.5, "order": 0.0, "subset": 1.0, REST: 1.0}, []
    for seed in range(150):
        stds = [variance**0.5 for variance in truth.values()]
        table = components(design((3, 3, 4), stds, seed), FACTORS, "accuracy")
        low, high = table["low"].to_numpy(), table["high"].to_numpy()
        true = np.array([truth[name] for name in table["source"]])
        inside.append((low <= true) & (true <= high))
    shares = np.mean(inside, axis=0)
    assert (shares > 0.9).all()
    assert (shares[[0, 2, 3]] < 1).all()  # they are no empty promise


def test_p_is_that_of_the_f_test_and_rises_without_an_effect():
    strong = components(design((3, 3, 4), (9, 0, 0, 1), 1), FACTORS, "accuracy")
    assert strong["p"][0] < 1e-6
    assert (strong["p"][1:3] > 0.01).all()
    assert (strong["variance"][1:3] < 1).all()


def test_a_factor_of_one_level_and_equal_values_have_no_answer():
    frame = design((1, 2, 3), (1, 1, 1, 1), 0)
    table = components(frame, FACTORS, "accuracy").set_index("source")
    assert np.isnan(table.at["weights", "variance"])
    assert table.at["subset", "degrees"] == 2
    equal = components(frame.assign(accuracy=0.9), FACTORS, "accuracy")
    assert equal["variance"].isna().all()
    single = components(design((1, 1, 1), (1, 1, 1, 1), 0), FACTORS, "accuracy")
    assert single["variance"].isna().all()


def test_a_design_must_be_crossed():
    frame = design((2, 2, 2), (1, 1, 1, 1), 0)
    message = "each combination of weights, order, subset exactly once. Received: 7 rows"
    with pytest.raises(ValueError, match=message):
        components(frame.iloc[1:], FACTORS, "accuracy")


def test_a_nested_factor_has_levels_of_its_own():
    """By hand: two groups of two, twice each; the outer factor's error is the inner one."""
    frame = pd.DataFrame(
        [(s, o, w) for s in (0, 1) for o in (0, 1) for w in (0, 1)],
        columns=["subset", "order", "weights"],
    ).assign(accuracy=[1.0, 2, 4, 6, 11, 12, 13, 12])
    nested = {"order": "subset"}
    table = components(frame, FACTORS, "accuracy", nested).set_index("source")
    cell = np.array([1.5, 5, 11.5, 12.5])
    between = 2 * np.square(cell[:2] - cell[:2].mean()).sum()
    between += 2 * np.square(cell[2:] - cell[2:].mean()).sum()  # 2 degrees
    outer = 4 * np.square([cell[:2].mean() - cell.mean()] * 2).sum()  # 1 degree
    weights = frame.groupby("weights")["accuracy"].mean()
    of_weights = 4 * np.square(weights - weights.mean()).sum()
    total = np.square(frame["accuracy"] - frame["accuracy"].mean()).sum()
    rest = (total - outer - between - of_weights) / 3
    assert table["degrees"].to_dict() == {"weights": 1, "order": 2, "subset": 1, REST: 3}
    assert table["levels"].to_dict() == {"weights": 2, "order": 4, "subset": 2, REST: 8}
    assert table.at[REST, "variance"] == pytest.approx(rest)
    assert table.at["order", "variance"] == pytest.approx((between / 2 - rest) / 2)
    assert table.at["subset", "variance"] == pytest.approx((outer - between / 2) / 4)
    assert table.at["order", "p"] == pytest.approx(stats.f.sf(between / 2 / rest, 2, 3))
    assert table.at["subset", "p"] == pytest.approx(stats.f.sf(outer / between * 2, 1, 2))
    assert (table["p_holm"].dropna() >= table["p"].dropna()).all()


def test_intervals_of_a_nested_design_cover_the_truth():
    truth, inside = np.array([0.2, 1.0, 0.5, 1.0]), []
    for seed in range(150):
        frame = design((3, 3, 4), np.sqrt([0.2, 0, 0.5, 1.0]), seed)
        own = np.random.default_rng(1000 + seed).normal(0, 1.0, (3, 4))
        frame["accuracy"] += own[frame["order"], frame["subset"]]
        table = components(frame, FACTORS, "accuracy", {"order": "subset"})
        inside.append((table["low"] <= truth) & (truth <= table["high"]))
    assert (np.mean(inside, axis=0) > 0.9).all()
    assert (np.mean(inside, axis=0)[1:] < 1).all()
