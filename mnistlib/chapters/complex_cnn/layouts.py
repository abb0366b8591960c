"""Which layouts of a small CNN have exactly a printed number of parameters?"""

from collections.abc import Iterator, Sequence
from itertools import product

import pandas as pd

SIDE = 28  # pixels of MNIST's images
N_CLASSES = 10
KERNEL_SIZES = (1, 2, 3, 4, 5, 6, 7)
PADDINGS = ("valid", "same")
MAX_CONVOLUTIONS = 4
_KEY = ["layout", "convolutions", "poolings", "kernel size", "paddings"]


def _pools(layout: str) -> list[bool]:
    """Return for each convolution whether pooling follows: "CPC" is [True, False]."""
    return [part.startswith("P") for part in layout.split("C")[1:]]


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
    layout: str, kernel_size: int, paddings: Sequence[str], filters: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the parameters of a layout's convolutions, and the length of its flatten.

    A convolution has ``k * k * c_in * c_out + c_out`` parameters. It keeps the image's
    side with "same" padding and takes ``k - 1`` off with "valid"; pooling halves it,
    rounded down.

    Args:
        layout: such as "CPCCP".
        kernel_size: side k of all kernels.
        paddings: "valid" or "same" for each convolution.
        filters: of the first convolution, and of every later one.

    Returns:
        (parameters, flatten); None when the image is used up on the way.
    """
    side, channels, parameters = SIDE, 1, 0
    for i, (pooled, padding) in enumerate(zip(_pools(layout), paddings, strict=True)):
        out = filters[min(i, 1)]
        parameters += kernel_size**2 * channels * out + out
        channels = out
        side = side - (kernel_size - 1 if padding == "valid" else 0)
        side = side // 2 if pooled else side
        if side < 1:
            return None
    return parameters, side * side * channels


def _candidates(max_convolutions: int) -> Iterator[tuple]:
    for layout in layouts(max_convolutions):
        n = layout.count("C")
        for k, paddings in product(KERNEL_SIZES, product(PADDINGS, repeat=n)):
            yield layout, n, layout.count("P"), k, paddings


def search(
    parameters: int,
    filters: tuple[int, int] = (32, 64),
    max_convolutions: int = MAX_CONVOLUTIONS,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find every layout that has a number of parameters, for any hidden layer.

    Tried are all `layouts` with one kernel size for all convolutions and every pattern of
    paddings. With f inputs of the flatten, a hidden layer of u units and the output have
    ``(f + 1) u + (u + 1) 10`` parameters, which leaves at most one whole u.

    Args:
        parameters: the number to meet.
        filters: of the first convolution, and of every later one.
        max_convolutions: at most so many.

    Returns:
        (hits, tried). hits, a row a network: layout, convolutions, poolings, kernel size,
        paddings, flatten, hidden units. tried, a row for each number of convolutions:
        convolutions, candidates (networks that 28x28 pixels allow), hits.

    Source: `ahmareen2024`, Fig. 8 names 32 filters, then 64 "in each succeeding layer",
        one flatten and two dense layers, and prints the number.
    """
    hits, counted = [], []
    for candidate in _candidates(max_convolutions):
        layout, n, _, k, paddings = candidate
        found = convolutional_part(layout, k, paddings, filters)
        if found is None:
            continue
        counted.append(n)
        of_convolutions, flatten = found
        for_dense = parameters - of_convolutions - N_CLASSES
        units, left = divmod(for_dense, flatten + 1 + N_CLASSES)
        if units > 0 and left == 0:
            hits.append((*candidate, flatten, units))
    hits = pd.DataFrame(hits, columns=[*_KEY, "flatten", "hidden units"])
    tried = pd.Series(counted).value_counts().sort_index()
    tried = tried.rename_axis("convolutions").rename("candidates").reset_index()
    found = tried["convolutions"].map(hits["convolutions"].value_counts())
    return hits, tried.assign(hits=found.fillna(0).astype(int))


def finding(
    hits: pd.DataFrame, tried: pd.DataFrame, parameters: int, poolings: int = 2
) -> str:
    """Say in words what `search` found.

    Args:
        hits, tried: as `search` returns them.
        parameters: the number that was to be met.
        poolings: pooling layers that the paper names.
    """
    n, total = len(hits), tried["candidates"].sum()
    numbers = sorted(hits["convolutions"].unique())
    if not n:
        return f"None of the {total:,} networks has {parameters:,} parameters."
    have = f"Of {total:,} networks, {n} {'has' if n == 1 else 'have'} exactly"
    counts = " or ".join(map(str, numbers))
    text = f"{have} {parameters:,} parameters, with {counts} convolutions."
    plain = hits[
        (hits["poolings"] == poolings) & (hits["paddings"].map(lambda p: len(set(p)) == 1))
    ]
    rule = f"{poolings} pooling layers and the same padding in all convolutions"
    if len(plain) != 1:
        return f"{text} {len(plain)} of them have {rule}: the number does not decide."
    (row,) = plain.to_dict("records")
    return (
        f"{text} One of them has {rule}: **{' – '.join(row['layout'])}**, kernels of "
        f"{row['kernel size']}×{row['kernel size']}, padding “{row['paddings'][0]}”, "
        f"{row['flatten']:,} values after the flatten and {row['hidden units']:,} hidden "
        "units."
    )
