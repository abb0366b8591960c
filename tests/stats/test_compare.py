"""Comparisons over seeds against a linear model, hand-computed values and simulation."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnistlib.stats import compare, intervals

p_lists = st.lists(st.floats(0, 1), max_size=12)


def test_holm_worked_example():
    """Sorted .005 .01 .03 .04 times 4 3 2 1: .02 .03 .06 .04, and the last is lifted."""
    adjusted = compare.holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_passes_nan_through_and_does_not_count_it():
    assert compare.holm([0.02, np.nan, 0.01]) == pytest.approx(
        [0.02, np.nan, 0.02], nan_ok=True
    )
    assert compare.holm([]).shape == (0,)


@settings(max_examples=30, deadline=None)
@given(p_lists)
def test_holm_properties(p_values):
    p_values, adjusted = np.array(p_values), compare.holm(p_values)
    assert (adjusted >= p_values).all() and (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0).all()
    assert (adjusted <= np.minimum(1, p_values * len(p_values)) + 1e-12).all()


def seeds_frame():
    return pd.DataFrame(
        {
            "optimizer": ["sgd"] * 3 + ["adam"] * 3 + ["adadelta"] * 3,
            "seed": [0, 1, 2, 2, 1, 0, 0, 1, 2],  # adam's rows stand in another order
            "accuracy": [2.0, 4.0, 6.0, 3.0, 2.0, 1.0, 2.0, 4.5, 6.2],
        }
    )


def test_two_systems_are_compared_by_the_paired_t_test():
    """Differences 1, 2, 3: t = 2 sqrt(3); with 2 degrees p = 1 - t / sqrt(t^2 + 2)."""
    two = seeds_frame().query("optimizer != 'adadelta'")
    (row,) = compare.compare(two, "optimizer", "accuracy").itertuples()
    assert (row.a, row.b, row.n, row.mean_difference) == ("sgd", "adam", 3, 2)
    assert (row.low, row.high) == pytest.approx(intervals.t_interval([1, 2, 3]))
    assert row.p == pytest.approx(1 - math.sqrt(12) / math.sqrt(14), abs=1e-12)


@pytest.mark.parametrize("seeds", [2, 3, 7])
def test_several_systems_share_the_residual_of_a_linear_model(seeds):
    from statsmodels.formula.api import ols

    rng = np.random.default_rng(seeds)
    names, effect = ["a", "b", "c", "d"], rng.normal(0, 0.3, seeds)
    frame = pd.DataFrame(
        [
            {"system": name, "seed": seed, "x": i + effect[seed] + rng.normal()}
            for i, name in enumerate(names)
            for seed in range(seeds)
        ]
    )
    model = ols("x ~ C(system) + C(seed)", frame).fit()
    table = compare.compare(frame, "system", "x", baseline="a")
    for row in table.itertuples():
        term = f"C(system)[T.{row.a}]"
        assert row.mean_difference == pytest.approx(model.params[term], abs=1e-12)
        assert row.p == pytest.approx(model.pvalues[term], abs=1e-12)
        assert [row.low, row.high] == pytest.approx(model.conf_int().loc[term], abs=1e-12)
    assert table["p_holm"].tolist() == compare.holm(table["p"]).tolist()


def test_all_pairs_or_a_baseline():
    table = compare.compare(seeds_frame(), "optimizer", "accuracy")
    assert list(zip(table["a"], table["b"], strict=True)) == [
        ("sgd", "adam"),
        ("sgd", "adadelta"),
        ("adam", "adadelta"),
    ]
    table = compare.compare(seeds_frame(), "optimizer", "accuracy", baseline="adam")
    assert table["a"].tolist() == ["sgd", "adadelta"]
    assert set(table["b"]) == {"adam"}
    assert compare.compare(seeds_frame().head(3), "optimizer", "accuracy").empty


def test_the_larger_difference_has_the_smaller_p():
    """With a test per row, one of three lucky seeds decides what is called found."""
    frame = seeds_frame().assign(accuracy=[90, 91, 92, 89.9, 89, 88, 82, 86, 80.5])
    table = compare.compare(frame, "optimizer", "accuracy", baseline="sgd")
    small, large = (table.set_index("a").loc[name] for name in ("adam", "adadelta"))
    assert abs(small["mean_difference"]) < abs(large["mean_difference"])
    assert small["p"] > large["p"]


@pytest.mark.parametrize(
    "values",
    [
        [0.9, 0.8],  # one seed
        [0.9, 0.8, 0.9, 0.8],  # nothing varies
        [0.9, 0.8, 0.8, 0.7],  # the difference does not vary but for rounding
    ],
)
def test_what_cannot_be_tested_has_no_p_and_makes_no_noise(values):
    frame = pd.DataFrame(
        {
            "system": ["a", "b"] * (len(values) // 2),
            "seed": np.repeat(range(len(values) // 2), 2),
            "x": values,
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (row,) = compare.compare(frame, "system", "x").itertuples()
    assert row.mean_difference == pytest.approx(0.1)
    assert np.isnan([row.low, row.high, row.p, row.p_holm, row.smallest_found]).all()


def test_a_system_with_failed_runs_is_not_tested_and_does_not_blur_the_others():
    frame = seeds_frame()
    others = frame["optimizer"] != "adadelta"
    alone = compare.compare(frame[others], "optimizer", "accuracy").iloc[0]
    frame.loc[8, "accuracy"] = -50
    table = compare.compare(
        frame, "optimizer", "accuracy", failed=frame["accuracy"] < 0
    ).set_index("b")
    assert table.loc["adam", "p"] == alone["p"] == table.loc["adam", "p_holm"]
    assert table.loc["adadelta", ["mean_difference", "low", "p"]].isna().to_numpy().all()


def test_the_smallest_difference_is_found_in_80_of_100_cases(monkeypatch):
    rng = np.random.default_rng(0)
    s, seeds, systems = 1.0, 4, 3
    degrees = (seeds - 1) * (systems - 1)
    least = compare.smallest_found(s * math.sqrt(2 / seeds), degrees, 0.05)
    monkeypatch.setattr(compare, "smallest_found", lambda *_: 0)  # these two take long
    monkeypatch.setattr(compare, "holm", lambda p_values: p_values)
    found = 0
    for _ in range(400):
        values = rng.normal(0, s, (seeds, systems)) + np.array([least, 0, 0])
        frame = pd.DataFrame(values, columns=list("abc")).rename_axis("seed")
        frame = frame.melt(ignore_index=False, var_name="system").reset_index()
        table = compare.compare(frame, "system", "value")
        found += table.iloc[0]["p"] < 0.05
    assert 0.74 < found / 400 < 0.86


def test_tables_put_together_are_corrected_together():
    one = compare.compare(seeds_frame(), "optimizer", "accuracy")
    both = compare.corrected(pd.concat([one, one]))
    assert both["p_holm"].tolist() == compare.holm([*one["p"], *one["p"]]).tolist()
    assert (both["smallest_found"] > one["smallest_found"].iloc[0]).all()


def test_more_comparisons_find_less():
    few, many = (compare.smallest_found(1.0, 6, 0.05 / m) for m in (1, 10))
    assert few < many


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            lambda f: pd.concat([f, f.head(2)]),
            {},
            "per optimizer and seed. .*2 more",
        ),
        (lambda f: f.drop(index=0), {}, "optimizer='sgd' with fewer than 3 runs"),
        (lambda f: f, {"baseline": "x"}, "baseline must be a value of optimizer .*'x'"),
    ],
)
def test_what_does_not_share_its_seeds_is_refused(change, options, message):
    with pytest.raises(ValueError, match=message):
        compare.compare(change(seeds_frame()), "optimizer", "accuracy", **options)


@pytest.mark.parametrize(
    ("a", "b", "p"),
    [
        (9796, 9827, 0.11),
        (9827, 9865, 0.029),
        (9865, 9873, 0.62),
        (9873, 9924, 3e-4),
        (9830, 9777, 0.007),
        (9972, 9921, 8e-7),
    ],
)
def test_two_proportions_of_printed_accuracies(a, b, p):
    """Worked by hand to two digits from (p1 - p2) / sqrt(p (1 - p) 2 / n)."""
    assert compare.two_proportions(a, 10_000, b, 10_000) == pytest.approx(p, rel=0.09)
    share = (a + b) / 20_000
    z = abs(a - b) / 10_000 / math.sqrt(share * (1 - share) * 2 / 10_000)
    exact = math.erfc(z / math.sqrt(2))
    assert compare.two_proportions(a, 10_000, b, 10_000) == pytest.approx(exact)


def test_two_proportions_edges():
    assert compare.two_proportions(5, 5, 9, 9) == 1.0
    assert math.isnan(compare.two_proportions(0, 0, 1, 2))
