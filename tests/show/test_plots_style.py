"""The style, axes and pictures: what is drawn, and in which colours."""

import subprocess
import sys

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import seaborn as sns
from matplotlib.colors import same_color

from mnistlib.show import plots, style

OPTIMIZERS = ["sgd", "sgd_momentum", "adam", "adadelta"]
BATCH_NORM = ["none", "before_activation", "after_activation"]
BASELINES = ["raj_cnn", "ann", "svm", "knn", "random_forest", "decision_tree"]
BASELINES += ["naive_bayes", "logistic_regression"]


@pytest.fixture(autouse=True)
def _style():
    with plt.rc_context():
        plots.set_style()
        yield
    plt.close("all")


def tick_texts(axis):
    axis.axes.figure.draw_without_rendering()
    low, high = sorted(axis.get_view_interval())
    ticks = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [text.get_text() for at, text in ticks if low <= at <= high]


# --- style


def test_only_plots_loads_matplotlib():
    code = (
        "import sys\n"
        "from mnistlib import claims\n"
        "from mnistlib.stats import compare, evaluate, images, selection\n"
        "from mnistlib.show import pictures, report, style, tables\n"
        "heavy = {'matplotlib', 'seaborn', 'tensorflow', 'keras'}\n"
        "heavy |= {'sklearn', 'statsmodels'}\n"
        "print(*(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


def test_figures_are_white_sharp_and_fit_the_page():
    figure = plots.digit_grid(np.zeros((10, 28, 28)))
    assert same_color(figure.get_facecolor(), "white")
    assert plt.rcParams["savefig.facecolor"] == "white"
    assert figure.dpi == plt.rcParams["savefig.dpi"] == 150
    assert figure.get_figwidth() <= 8


def test_colours_are_those_of_the_colour_blind_safe_palette():
    palette = sns.color_palette("colorblind").as_hex()
    assert set(style.COLOURS.values()) <= set(palette)
    assert set(style.PALETTE) <= set(palette)


@pytest.mark.parametrize("group", [OPTIMIZERS, BATCH_NORM, BASELINES])
def test_what_stands_in_one_figure_has_its_own_colours(group):
    assert len({plots.COLOURS[name] for name in group}) == len(group)
    assert len({plots.label(name) for name in group}) == len(group)


def test_a_method_keeps_its_colour_and_others_take_free_ones():
    chosen = plots.colours(["new", "adam", "other", "new"])
    assert list(chosen) == ["new", "adam", "other"]
    assert chosen["adam"] == plots.COLOURS["adam"]
    assert len(set(chosen.values())) == 3


def test_numbers_get_shades_in_their_order_whatever_the_order_given():
    chosen = plots.colours([0.1, 0.001, 0.01])
    assert chosen == {**plots.colours([0.001, 0.01, 0.1])}

    def light(colour):
        return np.dot(matplotlib.colors.to_rgb(colour), [0.2126, 0.7152, 0.0722])

    assert light(chosen[0.001]) < light(chosen[0.01]) < light(chosen[0.1]) < 0.7


# --- pictures


def test_digit_grid_shows_every_image_on_one_scale():
    images = np.arange(7 * 784, dtype=np.uint8).reshape(7, 28, 28, 1)
    figure = plots.digit_grid(images, titles=list("abcdefg"), columns=5)
    drawn = [ax for ax in figure.axes if ax.images]
    assert len(figure.axes) == 10 and len(drawn) == 7
    assert [ax.get_title() for ax in drawn] == list("abcdefg")
    for ax, image in zip(drawn, images, strict=True):
        assert (ax.images[0].get_array() == image[..., 0]).all()
        assert ax.images[0].get_clim() == (0, 255)


@pytest.mark.parametrize("shape", [(28, 28), (0, 28, 28), (2, 28, 28, 3)])
def test_digit_grid_refuses_what_are_not_images(shape):
    with pytest.raises(ValueError) as caught:
        plots.digit_grid(np.zeros(shape, dtype=np.uint8))
    assert str(caught.value) == (
        "images must be at least one image, as an array (n, height, width). Received: "
        f"images=array of shape {shape} (uint8). Index with a list to keep the first axis."
    )


def test_titles_must_match_images():
    with pytest.raises(ValueError, match="zip"):
        plots.digit_grid(np.zeros((3, 28, 28)), titles=["a"])


def test_heat_images_share_a_scale_and_name_its_unit():
    maps = {"a": np.full((28, 28), -1.0), "b": np.full((28, 28), 3.0)}
    figure = plots.heat_images(maps, unit="grey value")
    assert [ax.images[0].get_clim() for ax in figure.axes[:2]] == [(-1, 3)] * 2
    assert figure.axes[-1].get_ylabel() == "grey value"
    centred = plots.heat_images(maps, diverging=True)
    assert centred.axes[0].images[0].get_clim() == (-3, 3)


def test_confusion_plot_writes_counts_and_colours_errors_only():
    cells = np.zeros((10, 10), dtype=int)
    np.fill_diagonal(cells, 90)
    cells[4, 9] = 5
    ax = plots.confusion_plot(cells).axes[0]
    texts = [text.get_text() for text in ax.texts]
    assert texts.count("90") == 10 and texts.count("5") == 1 and len(texts) == 11
    coloured = ax.collections[0].get_array()
    assert coloured.count() == 1 and coloured.max() == 5
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted digit", "true digit")


def test_confusion_plot_without_errors():
    ax = plots.confusion_plot(np.eye(10, dtype=int)).axes[0]
    assert len(ax.texts) == 10


def test_pixel_profile_draws_every_pixel_and_marks_rows():
    values = np.arange(784.0)
    figure = plots.pixel_profile({"mean": values.reshape(28, 28), "spread": values})
    assert len(figure.axes) == 2
    assert (figure.axes[0].lines[0].get_ydata() == values).all()
    assert set(np.diff(figure.axes[1].get_xticks())) == {4 * 28}


# --- axes


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0001, 1.0], ["0.0001", "0.001", "0.01", "0.1", "1"]),
        ([20_000, 700_000], ["30,000", "100,000", "300,000"]),
        ([0.05, 0.4], ["0.05", "0.1", "0.2"]),
        ([0.003, 0.004], ["0.003", "0.004"]),
    ],
)
def test_log_axes_have_ticks_that_can_be_read(values, expected):
    _, ax = plt.subplots()
    ax.plot(values, values)
    style.log_axis(ax, "x", values)
    texts = tick_texts(ax.xaxis)
    assert set(expected) <= set(texts) and len(texts) <= 8


@pytest.mark.parametrize("values", [[1e-9, 1e12], [np.nan, 0, 3], [np.inf, 1], []])
def test_log_axes_of_wide_broken_or_no_values(values):
    _, ax = plt.subplots()
    ax.plot(values, values)
    style.log_axis(ax, "y", values)
    assert ax.get_yscale() == "log" and len(tick_texts(ax.yaxis)) <= 12
