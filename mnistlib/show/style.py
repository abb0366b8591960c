"""The look of the report: colours, names, axes. Importing it loads no matplotlib."""

import math
from numbers import Real

import numpy as np

WIDTH = 8.0  # inches; at 150 dpi a figure is at most 1,200 pixels wide
INK = "#222222"
QUIET = "#767676"

# seaborn's "colorblind" palette, after Okabe and Ito, without its palest two.
_BLUE, _ORANGE, _GREEN, _RED = "#0173b2", "#de8f05", "#029e73", "#d55e00"
_PINK, _BROWN, _GREY, _SKY = "#cc78bc", "#ca9161", "#949494", "#56b4e9"
PALETTE = [_BLUE, _ORANGE, _GREEN, _RED, _PINK, _BROWN, _SKY, _GREY]

# A method keeps its colour through the whole book.
COLOURS = {
    # optimizers
    "sgd": _BLUE,
    "sgd_momentum": _SKY,
    "adam": _ORANGE,
    "adadelta": _GREEN,
    # batch normalisation
    "none": _GREY,
    "before_activation": _BLUE,
    "after_activation": _RED,
    # networks and baselines
    "base_cnn": _GREEN,
    "complex_cnn": _PINK,
    "raj_cnn": _BLUE,
    "stage_cnn": _BROWN,
    "ann": _ORANGE,
    "svm": _GREEN,
    "knn": _RED,
    "random_forest": _PINK,
    "decision_tree": _BROWN,
    "naive_bayes": _GREY,
    "logistic_regression": _SKY,
    # parts of the data
    "train": _BLUE,
    "validation": _ORANGE,
    "test": _GREEN,
}

LABELS = {
    "sgd": "SGD",
    "sgd_momentum": "SGD, momentum",
    "adam": "Adam",
    "adadelta": "Adadelta",
    "none": "none",
    "before_activation": "before activation",
    "after_activation": "after activation",
    "base_cnn": "base CNN",
    "complex_cnn": "complex CNN",
    "raj_cnn": "CNN",
    "stage_cnn": "staged CNN",
    "ann": "ANN",
    "svm": "SVM",
    "knn": "k-NN",
    "random_forest": "random forest",
    "decision_tree": "decision tree",
    "naive_bayes": "naive Bayes",
    "logistic_regression": "logistic regression",
    # scalings
    "unit": "÷ 255",
    "standardised": "standardised",
    "l2": "unit L2",
    # columns
    "train_accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
    "test_accuracy": "test accuracy",
    "train_loss": "training loss (nats)",
    "val_loss": "validation loss (nats)",
    "test_loss": "test loss (nats)",
    "learning_rate": "learning rate",
    "epoch": "epoch",
    "parameters": "parameters",
    "macs": "multiply-accumulates per image",
    "fit_seconds": "seconds to fit",
    "predict_seconds": "seconds to predict",
}


def label(name) -> str:
    """Return how a method or a column is called in figures and tables."""
    return LABELS.get(name, str(name))


def colours(names) -> dict:
    """Return a colour for every name.

    A name of `COLOURS` has its own; others take the next free one of the palette. More
    than two numbers, such as learning rates, get shades from dark to light in their order.
    """
    names = list(dict.fromkeys(names))
    numbers = [name for name in names if isinstance(name, Real)]
    if len(names) == len(numbers) > 2:
        import seaborn as sns

        # Viridis without its palest fifth, which is lost on white.
        shades = sns.color_palette("viridis", round(1.25 * len(names))).as_hex()
        return dict(zip(sorted(numbers), shades, strict=False))
    taken = {COLOURS[name] for name in names if name in COLOURS}
    free = [colour for colour in PALETTE if colour not in taken] or PALETTE
    others = [name for name in names if name not in COLOURS]
    chosen = {name: free[i % len(free)] for i, name in enumerate(others)}
    return {name: COLOURS.get(name) or chosen[name] for name in names}


def set_style() -> None:
    """Set the look of all figures: call it once, before the first figure."""
    import seaborn as sns

    sns.set_theme(
        context="notebook",
        style="ticks",
        palette="colorblind",
        font_scale=0.9,
        rc={
            "figure.dpi": 150,
            "savefig.dpi": 150,
            # White, not transparent: figures stay legible on a dark page.
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "axes.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e6e6e6",
            "grid.linewidth": 0.7,
            "axes.edgecolor": QUIET,
            "axes.linewidth": 0.8,
            "axes.labelcolor": INK,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "xtick.major.width": 0.8,
            "ytick.major.width": 0.8,
            "xtick.minor.size": 0,
            "ytick.minor.size": 0,
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "svg.hashsalt": "mnistlib",
        },
    )


def _decimal(value, _position) -> str:
    """Write a tick of a log axis as people do: 0.001, 0.1, 10, 1,000."""
    return f"{value:,.10g}" if value >= 1 else f"{value:.10f}".rstrip("0")


def _percent(value, _position) -> str:
    """Write a tick of an accuracy axis: 97 %, 97.5 %."""
    return f"{100 * value:.3f}".rstrip("0").rstrip(".") + " %"


def log_axis(ax, which: str, values) -> None:
    """Make axis "x" or "y" logarithmic with readable ticks, also over half a decade."""
    from matplotlib.ticker import (
        LogFormatterSciNotation,
        LogLocator,
        NullFormatter,
    )

    values = np.asarray(values, dtype=float)
    values = values[(values > 0) & np.isfinite(values)]
    low, high = (values.min(), values.max()) if len(values) else (1.0, 1.0)
    ax.set(**{f"{which}scale": "log"})
    axis = getattr(ax, f"{which}axis")
    decades = math.log10(high / low)
    subs = (1.0,) if decades > 2.5 else (1.0, 3.0) if decades > 1.2 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs))
    plain = low >= 1e-5 and high <= 1e7
    axis.set_major_formatter(_decimal if plain else LogFormatterSciNotation())
    axis.set_minor_formatter(NullFormatter())


def value_axis(axis, name: str) -> None:
    """Name an axis, and write accuracies in percent."""
    axis.set_label_text(label(name))
    if str(name).endswith("accuracy"):
        axis.set_major_formatter(_percent)


def legend(ax, column: str) -> None:
    """Put the legend above the axes, where it hides no data."""
    handles, names = ax.get_legend_handles_labels()
    # Words speak for themselves; bare numbers do not.
    titled = column in LABELS or any(name[0].isdigit() for name in names)
    wide = max(map(len, names), default=0) > 18
    ax.legend(
        handles,
        names,
        title=label(column) if titled else None,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3 if wide else 5,
        alignment="left",
        borderaxespad=0.3,
        columnspacing=1.4,
        handletextpad=0.5,
    )
