"""What the layers of a CNN do to a digit: computed on it, and drawn."""

import numpy as np

from mnistlib.ground.errors import StudyError
from mnistlib.show.pictures import bare
from mnistlib.show.style import INK, WIDTH
from mnistlib.show.tables import MINUS

# Sobel's kernel: it answers where ink begins or ends from left to right.
EDGES = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], dtype=float)
PADDINGS = ("valid", "same", "full")


def kernels(k: int = 3) -> list[np.ndarray]:
    """Return five kernels for a picture: edges in four directions, and a mean."""
    quarter, turned = np.rot90(EDGES), EDGES[:, ::-1]
    return [EDGES, turned, quarter, quarter[::-1], np.full((k, k), 1 / k**2)]


def padding(mode: str, k: int) -> int:
    """Return the pixels that a padding adds on each side, for a kernel of odd side k.

    valid: 0; same, or half: (k - 1) / 2; full: k - 1, so that each pixel meets each weight.

    Raises:
        StudyError: there is no such padding.
    """
    if mode not in PADDINGS:
        raise StudyError(
            f"mode must be one of {', '.join(PADDINGS)}. Received: mode={mode!r} "
            f"({type(mode).__name__})"
        )
    return {"valid": 0, "same": (k - 1) // 2, "full": k - 1}[mode]


def convolve(image: np.ndarray, kernel: np.ndarray, mode: str = "valid") -> np.ndarray:
    """Return a kernel's response, as a network computes it: without flipping the kernel."""
    from scipy.signal import correlate2d

    return correlate2d(np.asarray(image, dtype=float), kernel, mode=mode)


def max_pool(image: np.ndarray, size: int) -> np.ndarray:
    """Return the largest value of each block; what is left over at the edge is dropped."""
    rows, columns = (side // size for side in image.shape)
    blocks = image[: rows * size, : columns * size].reshape(rows, size, columns, size)
    return blocks.max(axis=(1, 3))


def pooled_maps(image: np.ndarray) -> np.ndarray:
    """Return the maps of `kernels` after ReLU, pooled by 5: (5, 5, 5) for 28 × 28."""
    return np.stack([max_pool(convolve(image, k).clip(min=0), 5) for k in kernels()], -1)


def _row(pictures: dict, widths=None, signed=()):
    """Draw pictures side by side, each titled with its name and its size."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(pictures), figsize=(WIDTH, 2.6), width_ratios=widths, squeeze=False
    )
    for ax, (name, picture) in zip(axes.flat, pictures.items(), strict=True):
        most = np.abs(picture).max()
        looks = {"cmap": "gray_r", "vmin": 0, "vmax": most}
        if name in signed:
            looks = {"cmap": "RdBu_r", "vmin": -most, "vmax": most}
        ax.imshow(picture, **looks)
        bare(ax)
        ax.set_title(f"{name}\n{picture.shape[0]} × {picture.shape[1]}", fontsize=9)
    return figure, list(axes.flat)


def convolution_figure(image: np.ndarray):
    """Draw a digit, a kernel, its response, and that after ReLU and after pooling."""
    response = convolve(image, EDGES)
    figure, axes = _row(
        {
            "digit": image,
            "kernel": EDGES,
            "response": response,
            "after ReLU": response.clip(min=0),
            "after max pooling": max_pool(response.clip(min=0), 2),
        },
        widths=[1, 0.45, 1, 1, 1],
        signed=("kernel", "response"),
    )
    for (row, column), weight in np.ndenumerate(EDGES):
        ink = "white" if abs(weight) == np.abs(EDGES).max() else INK
        text = f"{weight:.0f}".replace("-", MINUS)
        axes[1].text(column, row, text, color=ink, ha="center", va="center", fontsize=8)
    return figure


def padding_figure(image: np.ndarray):
    """Draw a kernel's response to a digit under each padding, and what it adds."""
    k = len(EDGES)
    pictures = {
        f"{mode}: p = {padding(mode, k)}": convolve(image, EDGES, mode) for mode in PADDINGS
    }
    return _row({"digit": image} | pictures, signed=tuple(pictures))[0]


def dense(vector: np.ndarray, units: int = 10) -> np.ndarray:
    """Return what a dense layer makes of a vector before training, with random weights."""
    weights = np.random.default_rng(0).normal(size=(vector.size, units))
    return vector.ravel() @ weights / np.sqrt(vector.size)


def flatten_figure(image: np.ndarray):
    """Draw five pooled maps of a digit, all as one vector, and a dense layer's ten sums."""
    import matplotlib.pyplot as plt

    maps = pooled_maps(image)
    n, vector = maps.shape[2], maps.reshape(1, -1)
    figure = plt.figure(figsize=(WIDTH, 3.2))
    layout = figure.add_gridspec(3, n, height_ratios=[1, 0.2, 0.2])
    shades = {"cmap": "gray_r", "vmin": 0, "vmax": maps.max()}
    for i in range(n):
        ax = figure.add_subplot(layout[0, i])
        ax.imshow(maps[:, :, i], **shades)
        ax.set_title(f"map {i + 1}: {maps.shape[0]} × {maps.shape[1]}", fontsize=9)
        bare(ax)
    sums = dense(vector)[None]
    signed = {"cmap": "RdBu_r", "vmin": -np.abs(sums).max(), "vmax": np.abs(sums).max()}
    for row, name, values, looks in (
        (1, "flattened", vector, shades),
        (2, "dense, before training", sums, signed),
    ):
        ax = figure.add_subplot(layout[row, :])
        ax.imshow(values, aspect="auto", **looks)
        ax.set_title(f"{name}: 1 × {values.size}", fontsize=9)
        bare(ax)
    return figure
