"""Networks drawn from the table of their layers."""

import math

import pandas as pd

from mnistlib.show.style import INK, PALETTE, QUIET, WIDTH
from mnistlib.show.tables import count

# Layers without a shape of their own: they are named below the layer that they follow.
FOLDED = ("BatchNormalization", "ReLU", "Dropout", "Softmax", "Activation")
KINDS = {
    "Conv2D": "convolution",
    "SeparableConv2D": "separable conv.",
    "MaxPooling2D": "max pooling",
    "AveragePooling2D": "mean pooling",
    "GlobalAveragePooling2D": "global mean",
    "Flatten": "flatten",
    "Dense": "dense",
    "BatchNormalization": "batch norm",
    "ReLU": "ReLU",
    "Dropout": "dropout",
    "Softmax": "softmax",
}
_COLOURS = {"Conv2D": PALETTE[0], "MaxPooling2D": PALETTE[2], "Dense": PALETTE[1]}
_MOST = 0.8  # of a slot's width, the height of the largest volume


def blocks(layers: pd.DataFrame, image=(28, 28, 1)) -> pd.DataFrame:
    """Return a network's layers with those of `FOLDED` joined to the layer before.

    Args:
        layers: of `mnistlib.models.facts.network_layers`.
        image: shape of the input, the first block.

    Returns:
        DataFrame, a row per block: kinds (tuple of layer kinds), shape (of its output),
        parameters.
    """
    rows = [{"kinds": ("input",), "shape": tuple(image), "parameters": 0}]
    for _, layer in layers.iterrows():
        kind, parameters = layer["kind"], layer["parameters"]
        if kind in FOLDED:
            rows[-1]["kinds"] += (kind,)
            rows[-1]["parameters"] += parameters
        else:
            shape = tuple(layer["output shape"])
            rows.append({"kinds": (kind,), "shape": shape, "parameters": parameters})
    return pd.DataFrame(rows)


def draw_network(layers: pd.DataFrame, image=(28, 28, 1)):
    """Draw a sequential network: a volume a block, in true order, and what it is below it.

    The height of a volume is the side of its feature maps, its width grows with their
    number; a vector is a bar.

    Args:
        layers, image: as `blocks` takes them.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    table = blocks(layers, image)
    lines = 2 + table["kinds"].map(len).max()
    low = -0.55 - 0.2 * lines
    figure, ax = plt.subplots(figsize=(WIDTH, WIDTH / len(table) * (1 - low)))
    for x, block in enumerate(table.itertuples()):
        right = _volume(ax, x, block, max(image[0], 1))
        if x + 1 < len(table):
            ax.annotate(
                "",
                (x + 0.72, 0),
                (right + 0.04, 0),
                arrowprops={"arrowstyle": "->", "color": QUIET, "lw": 0.8},
            )
        _words(ax, x, block)
    ax.set(xlim=(-0.55, len(table) - 0.4), ylim=(low, 0.95), aspect="equal")
    ax.set_axis_off()
    return figure


def _volume(ax, x: float, block, side: int) -> float:
    """Draw a block's output at a place; return where its right edge is."""
    is_map = len(block.shape) == 3
    height = _MOST * block.shape[0] / side if is_map else _MOST
    width = 0.04 + 0.035 * math.log2(block.shape[-1] + 1) if is_map else 0.06
    depth = 0.22 * height if is_map else 0.05
    left, bottom = x - (width + depth) / 2, -height / 2
    right, top = left + width, bottom + height
    far = right + depth
    front = [(left, bottom), (right, bottom), (right, top), (left, top)]
    lid = [(left, top), (right, top), (far, top + depth), (left + depth, top + depth)]
    flank = [(right, bottom), (right, top), (far, top + depth), (far, bottom + depth)]
    colour = _COLOURS.get(block.kinds[0], QUIET)
    for corners, alpha in ((front, 0.35), (lid, 0.2), (flank, 0.55)):
        ax.fill(*zip(*corners, strict=True), fc=colour, ec="white", alpha=alpha, lw=0.6)
    return far


def _words(ax, x: float, block) -> None:
    shape = "×".join(map(str, block.shape))
    ax.text(x, 0.72, shape, ha="center", fontsize=7.5, color=INK)
    first, *rest = (KINDS.get(kind, kind) for kind in block.kinds)
    lines = [first, *rest, f"{count(block.parameters)} par." if block.parameters else ""]
    for i, line in enumerate(lines):
        ax.text(
            x,
            -0.62 - 0.19 * i,
            line,
            ha="center",
            va="top",
            fontsize=7.5,
            color=QUIET if i == len(lines) - 1 else INK,
            weight="bold" if i == 0 else "normal",
        )
