"""Main effects and interactions of a factorial design."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnistlib.stats.compare import compare, holm
from mnistlib.stats.factorial import factorial


def design(value, seeds=(0, 1), a=(False, True), b=("off", "on"), c=(1, 2)) -> pd.DataFrame:
    rows = [
        {"a": x, "b": y, "c": z, "seed": seed, "y": value(x, y, z, seed)}
        for x, y, z, seed in product(a, b, c, seeds)
    ]
    return pd.DataFrame(rows)


def noisy(n_seeds=3, spread=1.0) -> pd.DataFrame:
    chance = np.random.default_rng(5)
    return design(
        lambda x, y, z, seed: 3 * x + (y == "on") + 10 * seed + chance.normal(0, spread),
        seeds=range(n_seeds),
    )


def test_effects_are_differences_of_means_and_their_differences():
    frame = design(lambda a, b, c, seed: 2 * a - (b == "on") + 4 * a * (c == 2) + seed)
    table = factorial(frame, ["a", "b", "c"], "y").set_index("term")
    assert list(table.index) == ["a", "b", "c", "a × b", "a × c", "b × c"]
    # a gives 2 at the first level of c and 6 at its second: 4 on the average.
    assert table["effect"].to_numpy() == pytest.approx([4, -1, 2, 0, 4, 0], abs=1e-9)
    assert table["order"].tolist() == [1, 1, 1, 2, 2, 2]
    assert table[["p", "low", "share", "p_holm"]].isna().all(axis=None)  # nothing varies


def test_intervals_and_tests_are_those_of_least_squares_by_hand():
    frame = noisy()
    table = factorial(frame, ["a", "b", "c"], "y").set_index("term")
    n, degrees = len(frame), len(frame) - 1 - 2 - 6
    code = {"a": frame["a"] - 0.5, "b": (frame["b"] == "on") - 0.5, "c": frame["c"] - 1.5}
    columns = [np.ones(n), frame["seed"] == 1, frame["seed"] == 2, *code.values()]
    columns += [code["a"] * code["b"], code["a"] * code["c"], code["b"] * code["c"]]
    x = np.stack(columns, axis=1).astype(float)
    solved, rest, *_ = np.linalg.lstsq(x, frame["y"])
    s = np.sqrt(rest[0] / degrees)
    assert table["effect"].to_numpy() == pytest.approx(solved[3:])
    error = np.array([2 * s / np.sqrt(n)] * 3 + [4 * s / np.sqrt(n)] * 3)
    assert table["error"].to_numpy() == pytest.approx(error)
    assert set(table["degrees"]) == {degrees}
    p = 2 * stats.t.sf(np.abs(solved[3:]) / error, degrees)
    assert table["p"].to_numpy() == pytest.approx(p)
    assert table["p_holm"].to_numpy() == pytest.approx(holm(p))
    half = stats.t.ppf(0.975, degrees) * error
    assert (table["high"] - table["low"]).to_numpy() == pytest.approx(2 * half)
    assert (table["smallest_found"] > half).all()


def test_an_effect_is_the_mean_difference_of_the_blocked_comparison():
    frame = noisy().query("c == 1")
    means = frame.groupby(["b", "seed"], sort=False)["y"].mean().reset_index()
    (row,) = compare(means, "b", "y", baseline="off").itertuples()
    effect = factorial(frame, ["a", "b"], "y").set_index("term").at["b", "effect"]
    assert effect == pytest.approx(row.mean_difference)


def test_levels_go_by_their_order_and_shares_add_up_to_the_residual():
    frame = noisy()
    forward = factorial(frame, ["a", "b", "c"], "y").set_index("term")
    backward = factorial(frame[::-1], ["a", "b", "c"], "y").set_index("term")
    assert backward.at["a", "effect"] == pytest.approx(-forward.at["a", "effect"])
    assert backward.at["a × b", "effect"] == pytest.approx(forward.at["a × b", "effect"])
    assert 0.5 < forward.at["a", "share"] < 1
    assert forward["share"].sum() < 1


def test_a_factor_of_three_levels_has_a_test_and_no_single_effect():
    chance = np.random.default_rng(1)
    frame = design(
        lambda a, b, c, seed: c**2 + a + seed + chance.normal(0, 0.1), c=(1, 2, 3)
    )
    table = factorial(frame, ["a", "b", "c"], "y").set_index("term")
    assert table["levels"].to_dict() == {
        "a": 1, "b": 1, "c": 2, "a × b": 1, "a × c": 2, "b × c": 2,
    }  # fmt: skip
    assert table.loc[["c", "a × c"], ["effect", "low", "error"]].isna().all(axis=None)
    assert table.at["c", "p"] < 1e-6
    assert table.at["c", "share"] > 0.9
    assert table.at["a", "effect"] == pytest.approx(1, abs=0.2)


def test_one_seed_leaves_the_higher_interactions_as_residual():
    table = factorial(noisy(n_seeds=1), ["a", "b", "c"], "y")
    assert set(table["degrees"]) == {1}  # a x b x c
    assert table["p"].notna().all()
    two = factorial(noisy(n_seeds=1).query("c == 1"), ["a", "b"], "y")
    assert two["effect"].notna().all()
    assert two[["low", "p", "error", "p_holm", "smallest_found"]].isna().all(axis=None)


def test_a_run_without_a_value_leaves_nothing_to_estimate():
    frame = noisy()
    frame.loc[3, "y"] = np.nan
    table = factorial(frame, ["a", "b", "c"], "y")
    assert table[["effect", "p"]].isna().all(axis=None)
    assert len(table) == 6


@pytest.mark.parametrize(
    ("change", "factors", "line"),
    [
        (lambda f: f, ["a"], r"factors must be two columns or more. Received: .*\['a'\]"),
        (lambda f: f.query("a"), ["a", "b"], r"two levels or more. Received: a=\[True\]"),
        (lambda f: f, ["a", "b"], "with 24 runs of 12 combinations"),
        (lambda f: f[1:], ["a", "b", "c"], "each of 24 combinations .*with 23 runs of 23"),
    ],
)
def test_what_is_no_complete_design_is_refused(change, factors, line):
    with pytest.raises(ValueError, match=line):
        factorial(change(noisy()), factors, "y")
