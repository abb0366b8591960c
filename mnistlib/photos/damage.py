"""Six damages of an image of 28 x 28, at five strengths.

Seeded: image i of a kind and a strength is damaged alike, whichever network sees it.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from mnistlib.ground.validation import shown


def _noise(images, strength, rng):
    return images + rng.normal(0, strength, images.shape)


def _blur(images, strength, rng):
    return ndimage.gaussian_filter(images, (0, strength, strength), mode="constant")


def _contrast(images, strength, rng):
    return images * strength


def _rotation(images, strength, rng):
    signs = rng.choice([-1, 1], len(images))
    turned = [
        ndimage.rotate(image, sign * strength, reshape=False, order=1)
        for image, sign in zip(images, signs, strict=True)
    ]
    return np.array(turned)


def _translation(images, strength, rng):
    angles = rng.uniform(0, 2 * np.pi, len(images))
    moves = np.rint(strength * np.column_stack([np.sin(angles), np.cos(angles)]))
    moved = [
        ndimage.shift(image, move, order=0)
        for image, move in zip(images, moves, strict=True)
    ]
    return np.array(moved)


def _occlusion(images, strength, rng):
    hidden, side = images.copy(), images.shape[-1]
    # Inside the middle 20 pixels, where the digit is.
    places = rng.integers(4, side - 4 - strength + 1, (len(images), 2))
    for image, (row, column) in zip(hidden, places, strict=True):
        image[row : row + strength, column : column + strength] = 0
    return hidden


# Kind -> what is done, the five strengths from weak to strong, and what they are.
KINDS: dict[str, tuple[Callable, tuple, str]] = {
    "noise": (_noise, (0.1, 0.2, 0.3, 0.4, 0.5), "standard deviation, ink being 1"),
    "blur": (_blur, (0.5, 1.0, 1.5, 2.0, 2.5), "standard deviation in pixels"),
    "contrast": (_contrast, (0.8, 0.6, 0.4, 0.2, 0.1), "what is left of the ink"),
    "rotation": (_rotation, (10, 20, 30, 40, 50), "degrees, to either side"),
    "translation": (_translation, (1, 2, 3, 4, 6), "pixels, in any direction"),
    "occlusion": (_occlusion, (4, 6, 8, 10, 12), "side of the hidden square in pixels"),
}
N_STRENGTHS = 5


def damage(images: np.ndarray, kind: str, strength: int, seed: int) -> np.ndarray:
    """Return damaged images, still between 0 and 1.

    Args:
        images: float (n, 28, 28), 0 (paper) to 1 (ink).
        kind: a key of `KINDS`.
        strength: 1 (weak) to 5 (strong); `KINDS` says what it means.
        seed: of everything that is drawn.

    Returns:
        float32 (n, 28, 28).

    Raises:
        ValueError: the kind or the strength is unknown.
    """
    if kind not in KINDS or strength not in range(1, N_STRENGTHS + 1):
        raise ValueError(
            f"damage must be one of {', '.join(KINDS)} with a strength of 1 to "
            f"{N_STRENGTHS}. Received: kind={shown(kind)}, strength={shown(strength)}"
        )
    apply, strengths, _ = KINDS[kind]
    rng = np.random.default_rng([seed, list(KINDS).index(kind), strength])
    damaged = apply(np.asarray(images, dtype=np.float64), strengths[strength - 1], rng)
    return np.clip(damaged, 0, 1).astype(np.float32)
