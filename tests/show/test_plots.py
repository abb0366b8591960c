"""Figures of results: what is drawn, and in which colours. No pictures are compared."""

import math
from itertools import combinations

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PathCollection
from matplotlib.colors import same_color, to_hex

from mnistlib.show import plots
from mnistlib.stats.intervals import t_interval


@pytest.fixture(autouse=True)
def _style():
    with plt.rc_context():
        plots.set_style()
        yield
    plt.close("all")


@pytest.fixture
def runs():
    """Three seeds of two optimizers at three rates."""
    rows = [
        {"optimizer": name, "learning_rate": rate, "seed": seed, "test_accuracy": value}
        for name, base in (("sgd", 0.90), ("adam", 0.95))
        for rate in (0.001, 0.01, 0.1)
        for seed, value in enumerate((base, base + 0.01, base + 0.03))
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def history():
    """Two runs of each of two optimizers; one of adam's diverges at epoch 3."""
    rows = [
        {"key": f"{name}{seed}", "optimizer": name, "epoch": epoch, "val_loss": 1 / epoch}
        for name in ("sgd", "adam")
        for seed in (0, 1)
        for epoch in (1, 2, 3, 4)
        if (name, seed) != ("adam", 1) or epoch <= 3
    ]
    frame = pd.DataFrame(rows)
    frame.loc[(frame["key"] == "adam1") & (frame["epoch"] == 3), "val_loss"] = np.nan
    return frame


def tick_texts(axis):
    axis.axes.figure.draw_without_rendering()
    low, high = sorted(axis.get_view_interval())
    ticks = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [text.get_text() for at, text in ticks if low <= at <= high]


# --- curves and intervals


def test_learning_curves_draw_runs_and_a_mean_that_never_changes_members(history):
    ax = plots.learning_curves(history, "optimizer", "val_loss", log=True).axes[0]
    thick = {
        line.get_label(): line for line in ax.lines if line.get_label() in ("SGD", "Adam")
    }
    assert len(ax.lines) == 6
    np.testing.assert_allclose(thick["SGD"].get_ydata(), [1, 1 / 2, 1 / 3, 1 / 4])
    np.testing.assert_allclose(thick["Adam"].get_ydata(), [1, 1 / 2, np.nan, np.nan])
    assert to_hex(thick["Adam"].get_color()) == plots.COLOURS["adam"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "validation loss (nats)")
    assert ax.get_yscale() == "log" and not ax.get_title()


def test_learning_curves_of_one_run_need_no_legend(history):
    one = history[history["key"] == "sgd0"]
    ax = plots.learning_curves(one, "optimizer", "val_loss").axes[0]
    assert ax.get_legend() is None and len(ax.lines) == 1


def test_given_axes_are_drawn_on(history, runs):
    figure, (left, right) = plt.subplots(1, 2)
    assert plots.learning_curves(history, "optimizer", "val_loss", ax=left) is figure
    assert plots.interval_plot(runs, "optimizer", "test_accuracy", ax=right) is figure


def seeds_and_intervals(ax, horizontal=False):
    """Return values of the rings, and (low, mean, high) of the intervals."""
    measured = 0 if horizontal else 1
    rings = [c for c in ax.collections if isinstance(c, PathCollection)]
    seeds = [sorted(c.get_offsets()[:, measured].tolist()) for c in rings]
    found = []
    for container in ax.containers:
        line, _, (bars,) = container
        mean = (line.get_xdata() if horizontal else line.get_ydata())[0]
        ends = bars.get_segments()[0][:, measured]
        found.append((ends[0], mean, ends[1]))
    return seeds, found


def test_interval_plot_of_two_outcomes_has_the_median_and_no_interval(runs):
    some = runs[runs["learning_rate"] == 0.01].copy()
    some["failed"] = False
    first = some.index[some["optimizer"] == "sgd"][0]
    some.loc[first, ["test_accuracy", "failed"]] = 0.1, True
    ax = plots.interval_plot(some, "optimizer", "test_accuracy", failed="failed").axes[0]
    bars = [bar for bar in ax.containers if bar.has_yerr]
    assert len(bars) == some["optimizer"].nunique() - 1
    marks = [bar.lines[0].get_ydata()[0] for bar in ax.containers if not bar.has_yerr]
    good = some[(some["optimizer"] == "sgd") & ~some["failed"].astype(bool)]
    assert marks == [good["test_accuracy"].median()]
    crosses = [c for c in ax.collections if isinstance(c, PathCollection)]
    assert [0.1] in [c.get_offsets()[:, 1].tolist() for c in crosses]


def test_interval_plot_has_no_mark_where_no_run_learned(runs):
    some = runs[runs["learning_rate"] == 0.01].assign(failed=True)
    ax = plots.interval_plot(some, "optimizer", "test_accuracy", failed="failed").axes[0]
    assert all(math.isnan(bar.lines[0].get_ydata()[0]) for bar in ax.containers)
    shown = sum(
        len(c.get_offsets()) for c in ax.collections if isinstance(c, PathCollection)
    )
    assert shown == len(some)


@pytest.mark.parametrize("horizontal", [False, True])
def test_interval_plot_shows_each_seed_the_mean_and_the_interval(runs, horizontal):
    some = runs[runs["learning_rate"] == 0.01]
    figure = plots.interval_plot(some, "optimizer", "test_accuracy", horizontal=horizontal)
    ax = figure.axes[0]
    seeds, intervals = seeds_and_intervals(ax, horizontal)
    groups = [part for _, part in some.groupby("optimizer", sort=False)["test_accuracy"]]
    assert seeds == [sorted(group) for group in groups]
    for group, (low, mean, high) in zip(groups, intervals, strict=True):
        assert mean == pytest.approx(group.mean())
        assert (low, high) == pytest.approx(t_interval(group))
    categories = tick_texts(ax.yaxis if horizontal else ax.xaxis)
    assert categories == ["SGD", "Adam"]
    assert tick_texts(ax.xaxis if horizontal else ax.yaxis)[0].endswith(" %")


def test_interval_plot_keeps_all_seeds_in_view(runs):
    """The rings are moved aside, which hides them from matplotlib's own limits."""
    many = pd.concat([runs] * 30)  # a narrow interval
    many.iloc[0, many.columns.get_loc("test_accuracy")] = 0.5
    for options in ({}, {"hue": "learning_rate"}, {"horizontal": True}):
        ax = plots.interval_plot(many, "optimizer", "test_accuracy", **options).axes[0]
        limits = ax.get_xlim() if options.get("horizontal") else ax.get_ylim()
        assert limits[0] < 0.5 and limits[1] > 0.98


def test_interval_plot_of_one_seed_has_the_mean_alone(runs):
    one = runs[(runs["seed"] == 0) & (runs["learning_rate"] == 0.01)]
    ax = plots.interval_plot(one, "optimizer", "test_accuracy").axes[0]
    assert not ax.collections
    assert [c[0].get_ydata()[0] for c in ax.containers] == [0.90, 0.95]


def test_interval_plot_over_rates_joins_means_and_tells_hues_apart(runs):
    figure = plots.interval_plot(
        runs, "learning_rate", "test_accuracy", hue="optimizer", log_x=True
    )
    ax = figure.axes[0]
    assert ax.get_xscale() == "log" and ax.get_xlabel() == "learning rate"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["SGD", "Adam"]
    assert {"0.001", "0.01", "0.1"} <= set(tick_texts(ax.xaxis))
    joined = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert [to_hex(line.get_color()) for line in joined] == [
        plots.COLOURS["sgd"],
        plots.COLOURS["adam"],
    ]
    markers = {handle.get_marker() for handle in ax.get_legend().legend_handles}
    drawn = {container[0].get_marker() for container in ax.containers}
    assert len(markers) == 2 and drawn == markers  # not by colour alone


def test_interval_plot_refuses_horizontal_rates(runs):
    with pytest.raises(ValueError, match=r"^horizontal is for categories. Received: log_x"):
        plots.interval_plot(
            runs, "learning_rate", "test_accuracy", log_x=True, horizontal=True
        )


# --- Pareto

points = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=12)


@given(points)
def test_pareto_front_is_what_no_point_beats(cloud):
    x, y = np.array(cloud).T
    front = plots.pareto_front(x, y)
    for i in range(len(x)):
        beaten = any(
            x[j] <= x[i] and y[j] >= y[i] and (x[j], y[j]) != (x[i], y[i])
            for j in range(len(x))
        )
        assert front[i] == (not beaten)


def test_pareto_front_leaves_nan_out():
    front = plots.pareto_front([1, np.nan, 2], [1, 5, np.nan])
    assert front.tolist() == [True, False, False]


@pytest.fixture
def systems():
    return pd.DataFrame(
        {
            "model": ["svm", "knn", "raj_cnn", "naive_bayes"],
            "fit_seconds": [60.0, 0.05, 400.0, 0.3],
            "test_accuracy": [0.978, 0.965, 0.985, 0.55],
            "low": [0.97, 0.96, 0.98, np.nan],
            "high": [0.98, 0.97, 0.99, np.nan],
        }
    )


def test_pareto_plot_fills_the_front_and_names_all_of_a_few(systems):
    figure = plots.pareto_plot(
        systems, "fit_seconds", "test_accuracy", "model", low="low", high="high"
    )
    ax = figure.axes[0]
    assert [t.get_text() for t in ax.texts] == ["k-NN", "naive Bayes", "SVM", "CNN"]
    dots = [c for c in ax.collections if isinstance(c, PathCollection)]
    filled = [not same_color(dot.get_facecolor()[0], "white") for dot in dots]
    assert filled == [True, False, True, True]
    assert len(ax.containers) == 3  # naive Bayes has no interval
    near, far = (np.diff(ax.transData.transform([(1, a), (1, b)]), axis=0)[0, 1]
                 for a, b in ((0.98, 0.99), (0.5, 0.51)))  # fmt: skip
    assert near > 10 * far
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_pareto_plot_of_many_names_the_front_and_explains_hues():
    n = 12
    frame = pd.DataFrame(
        {
            "name": [f"net {i}" for i in range(n)],
            "parameters": np.geomspace(1e3, 1e6, n),
            "test_accuracy": [0.9, 0.95] + [0.8] * (n - 2),
            "depth": [1, 2, 3] * 4,
        }
    )
    figure = plots.pareto_plot(frame, "parameters", "test_accuracy", "name", hue="depth")
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.texts] == ["net 0", "net 1"]
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["1", "2", "3"]
    assert legend.get_title().get_text() == "depth"


def test_a_name_stands_at_its_own_point_and_on_no_other_name():
    """Points close together: each name is nearest to its own, or a line leads there."""
    figure, ax = plt.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    points = pd.DataFrame({"x": [0.50, 0.52, 0.52, 0.53], "y": [0.50, 0.53, 0.56, 0.59]})
    names = [f"network {i}" for i in range(4)]
    plots.name_points(ax, points["x"], points["y"], names, points)
    figure.draw_without_rendering()
    dots = ax.transData.transform(points.to_numpy())
    boxes = {text.get_text(): text.get_window_extent() for text in ax.texts}
    assert list(boxes) == names
    for text, own in zip(ax.texts, dots, strict=True):
        box = text.get_window_extent()
        away = [np.hypot(*(dot - np.clip(dot, box.min, box.max))) for dot in (own, *dots)]
        assert text.arrow_patch is not None or away[0] <= min(away) + 1
        assert not any(
            box.overlaps(other) for name, other in boxes.items() if name != text.get_text()
        )


def test_a_name_lies_on_no_line():
    _, ax = plt.subplots()
    ax.plot([0, 1], [0.5, 0.5])
    ax.plot([0, 1], [0, 1])
    ax.set(xlim=(0, 1), ylim=(0, 1))
    points = pd.DataFrame({"x": [0.5], "y": [0.5]})
    plots.name_points(ax, points["x"], points["y"], ["a name"], points)
    (text,) = ax.texts
    box = text.get_window_extent()
    for line in ax.lines:
        path = line.get_path().transformed(ax.transData)
        assert not path.intersects_bbox(box, filled=False)
