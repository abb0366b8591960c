"""The same images read twice: how far two shares are apart. No normal spread is assumed."""

import numpy as np

from mnistlib.stats.checks import check_level, require


def paired_interval(
    lost: float, gained: float, n: int, level: float = 0.95
) -> tuple[float, float]:
    """Return the interval of ``lost - gained``, for the draw of the images.

    Wilson's intervals of the two shares, combined by the method of variance estimates
    recovery; no image is in both, so they are correlated by
    ``-sqrt(lost gained / ((1 - lost) (1 - gained)))``. It has a width where nothing is lost
    or gained: what so few images cannot exclude. Where a share is a mean of several
    readings of an image, it is wider than it need be.

    Args:
        lost: share of the images that only the first of two readers reads.
        gained: share that only the second reads.
        n: number of images.
        level: coverage, a fraction; default 0.95.

    Returns:
        (low, high) as fractions.

    Raises:
        ValueError: the shares are none of one set of images, or level is out of range.

    Source: Zou & Donner, "Construction of confidence limits about effect measures: a
        general approach", Statistics in Medicine 27 (2008).
    """
    from statsmodels.stats.proportion import proportion_confint

    require(
        n > 0 and min(lost, gained) >= 0 and lost + gained <= 1 + 1e-9,
        "lost and gained must be shares of n images, no image in both.",
        f"lost={lost!r}, gained={gained!r}, n={n!r} (numbers)",
    )
    check_level(level)
    shares = np.array([lost, gained])
    low, high = proportion_confint(shares * n, n, 1 - level, "wilson")
    down, up = shares - low, high - shares
    rest = np.prod(1 - shares)
    together = np.sqrt(lost * gained / rest) if rest > 0 else 0.0
    away = [
        np.sqrt(a**2 + b**2 + 2 * together * a * b)
        for a, b in ((down[0], up[1]), (up[0], down[1]))
    ]
    difference = lost - gained
    return float(max(difference - away[0], -1)), float(min(difference + away[1], 1))
