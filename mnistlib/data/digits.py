"""The embedded data set: scikit-learn's 1,797 handwritten digits, in MNIST's manner.

They are real digits (the test part of the UCI "Optical Recognition of Handwritten Digits"
data, 13 writers), 8×8 pixels with 17 grey levels. They are here so that everything runs on
a machine without a network; results on them say nothing about MNIST.
"""

import numpy as np

SIDE = 28
BOX = 20
N_TEST = 360
_GREY_LEVELS = 16
_DIVISION_SEED = 0


def load_arrays() -> dict[str, np.ndarray]:
    """Return the embedded digits, divided once and for all.

    The division is stratified by label with a fixed seed: 1,437 images for training, 360
    for testing. The writers are not known per image, so both parts hold digits of the
    same hands; MNIST's parts do not.

    Returns:
        x_train (1437, 28, 28), y_train (1437,), x_test (360, 28, 28), y_test (360,): uint8,
        read-only.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    labels = bunch.target.astype(np.uint8)
    images = np.stack([to_mnist_frame(image) for image in bunch.images])
    train_index, test_index = train_test_split(
        np.arange(len(labels)),
        test_size=N_TEST,
        stratify=labels,
        random_state=_DIVISION_SEED,
    )
    arrays = {
        "x_train": images[train_index],
        "y_train": labels[train_index],
        "x_test": images[test_index],
        "y_test": labels[test_index],
    }
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


def to_mnist_frame(image: np.ndarray) -> np.ndarray:
    """Bring a small grey digit to MNIST's 28×28 frame.

    As for MNIST: the ink's bounding box is scaled to fit a 20×20 box with its aspect ratio
    kept, grey levels come from the interpolation (bilinear, pixel centres aligned, paper
    around the digit), and the result is placed by whole pixels so that its centre of mass
    is as near to the centre of the frame, (14, 14) in pixel edges, as the frame allows.

    Args:
        image: (height, width), any real type, values 0 to 16 (0 is paper).

    Returns:
        (28, 28), uint8, 0 to 255. A blank image stays blank.

    Source: Y. LeCun, C. Cortes and C. Burges, the MNIST database, "size-normalized to fit
    in a 20x20 pixel box ... centered in a 28x28 image by computing the center of mass".
    """
    frame = np.zeros((SIDE, SIDE), dtype=np.uint8)
    if not np.any(image):
        return frame
    rows = np.flatnonzero(np.any(image, axis=1))
    columns = np.flatnonzero(np.any(image, axis=0))
    ink = np.asarray(image, dtype=np.float64)[
        rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1
    ]
    scale = BOX / max(ink.shape)
    height, width = (max(1, round(length * scale)) for length in ink.shape)
    grey = _weights(ink.shape[0], height) @ ink @ _weights(ink.shape[1], width).T
    # The small push makes exact halves round up on every processor, whatever the order in
    # which it sums: the data's SHA-256 must not depend on the machine.
    pixels = np.floor(grey * (255 / _GREY_LEVELS) + 0.5 + 1e-6)
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    top = _offset(pixels.sum(axis=1, dtype=np.int64))
    left = _offset(pixels.sum(axis=0, dtype=np.int64))
    frame[top : top + height, left : left + width] = pixels
    return frame


def _weights(n_in: int, n_out: int) -> np.ndarray:
    """Return the (n_out, n_in) matrix of linear interpolation, zero outside the input."""
    centres = (np.arange(n_out) + 0.5) * n_in / n_out - 0.5
    return np.clip(1 - np.abs(centres[:, None] - np.arange(n_in)[None, :]), 0, None)


def _offset(profile: np.ndarray) -> int:
    """Return where to begin so that the profile's centre of mass falls on the middle."""
    centre = float(profile @ (np.arange(len(profile)) + 0.5)) / float(profile.sum())
    return min(max(round(SIDE / 2 - centre), 0), SIDE - len(profile))
