"""Which layouts of a small CNN have exactly a printed number of parameters?"""

from collections.abc import Iterator, Sequence
from itertools import product

import pandas as pd

SIDE = 28  # pixels of MNIST's images
N_CLASSES = 10
KERNEL_SIZES = (1, 2, 3, 4, 5, 6, 7)
PADDINGS = ("valid", "same")
MAX_CONVOLUTIONS = 4
FILTERS = (32, 64)  # of the first convolution, and of every later one
_KEY = ["layout", "convolutions", "poolings", "kernel", "paddings"]


def layouts(max_convolutions: int = MAX_CONVOLUTIONS) -> list[str]:
    """Return all sequences of convolutions (C), each followed by 2x2 pooling (P) or not.

    The first layer is a convolution; nothing follows the last but a flatten, one hidden
    dense layer and the output.
    """
    return [
        "".join("CP" if pooled else "C" for pooled in choice)
        for n in range(1, max_convolutions + 1)
        for choice in product((False, True), repeat=n)
    ]


def convolutional_part(
    layout: str, kernel: int, paddings: Sequence[str], filters: tuple[int, int] = FILTERS
) -> tuple[int, int] | None:
    """Return the parameters of a layout's convolutions, and the length of its flatten.

    A convolution has ``k * k * c_in * c_out + c_out`` parameters. It keeps the image's
    side with "same" padding and takes ``k - 1`` off with "valid"; pooling halves it,
    rounded down.

    Args:
        layout: such as "CPCCP".
        kernel: side k of all kernels.
        paddings: "valid" or "same" for each convolution.
        filters: of the first convolution, and of every later one.

    Returns:
        (parameters, flatten); None when the image is used up on the way.
    """
    side, channels, parameters = SIDE, 1, 0
    pooled = [part.startswith("P") for part in layout.split("C")[1:]]
    for i, (pools, padding) in enumerate(zip(pooled, paddings, strict=True)):
        out = filters[min(i, 1)]
        parameters += kernel**2 * channels * out + out
        channels = out
        side = (side - (kernel - 1) * (padding == "valid")) // (2 if pools else 1)
        if side < 1:
            return None
    return parameters, side * side * channels


def _candidates() -> Iterator[tuple]:
    for layout in layouts():
        n = layout.count("C")
        for kernel, paddings in product(KERNEL_SIZES, product(PADDINGS, repeat=n)):
            yield layout, n, layout.count("P"), kernel, paddings


def search(parameters: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find every layout that has a number of parameters, for any hidden layer.

    Tried are all `layouts` with one kernel size for all convolutions and every pattern of
    paddings. With f inputs of the flatten, a hidden layer of u units and the output have
    ``(f + 1) u + (u + 1) 10`` parameters, which leaves at most one whole u.

    Returns:
        (hits, tried). hits, a row a network: layout, convolutions, poolings, kernel,
        paddings, flatten, hidden_units. tried, a row for each number of convolutions:
        convolutions, candidates (networks that 28x28 pixels allow), hits.

    Source: `ahmareen2024`, Fig. 8 names 32 filters, then 64 "in each succeeding layer",
        one flatten and two dense layers, and prints the number.
    """
    rows, counted = [], []
    for candidate in _candidates():
        layout, n, _, kernel, paddings = candidate
        part = convolutional_part(layout, kernel, paddings)
        if part is None:
            continue
        counted.append(n)
        of_convolutions, flatten = part
        for_dense = parameters - of_convolutions - N_CLASSES
        units, left = divmod(for_dense, flatten + 1 + N_CLASSES)
        if units > 0 and left == 0:
            rows.append((*candidate, flatten, units))
    hits = pd.DataFrame(rows, columns=[*_KEY, "flatten", "hidden_units"])
    tried = pd.Series(counted, name="convolutions").value_counts(sort=False)
    tried = tried.sort_index().rename("candidates").reset_index()
    fits = tried["convolutions"].map(hits["convolutions"].value_counts())
    return hits, tried.assign(hits=fits.fillna(0).astype(int))


def plain(hits: pd.DataFrame, poolings: int = 2) -> pd.DataFrame:
    """Keep the networks with the poolings that the paper names, and one kind of padding.

    Args:
        hits: of `search`.
        poolings: pooling layers.
    """
    one_kind = hits["paddings"].map(lambda paddings: len(set(paddings)) == 1).astype(bool)
    return hits[(hits["poolings"] == poolings) & one_kind]
