"""Class probabilities of test images, as records keep them.

The largest probability of an image is a float16. The nine others are rounded to float16
and then to at most five significant bits, so that one fits a byte: the second rounding
moves each by at most 1/32 of it down to ``2**-14``, and by ``2**-19`` below. A tie of
rounded values is none of the network's: the predicted digit is kept on its own.
"""

import numpy as np

# Bits of a float16 that are cut off: 10 of its fraction less 4. What is left of a number
# up to 1 fits eight bits.
_CUT = 6


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return ``exp(z) / sum(exp(z))`` of each row, float64; NaN where it overflowed."""
    with np.errstate(invalid="ignore", over="ignore"):
        z = logits.astype(np.float64)
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


def rounded(probabilities: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return probabilities in the precision that records keep, float16 (n, 10).

    Args:
        probabilities: float (n, 10), each row between 0 and 1 or all NaN.
        predictions: the most probable digit of each row, (n,).
    """
    return unpack(*_cut(probabilities.astype(np.float16), predictions), predictions)


def pack(
    probabilities: np.ndarray, predictions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what `rounded` gave as float16 (n,) and uint8 (10, n); nothing is lost.

    Args:
        probabilities: float16 (n, 10), as `rounded` gave it.
        predictions: as it was given to `rounded`.

    Returns:
        The probability of the predicted digit, and a byte for each of the other digits:
        digit by digit, as they compress better so.
    """
    return _cut(probabilities, predictions)


def unpack(top: np.ndarray, others: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Return the probabilities that `pack` was given, float16 (n, 10)."""
    probabilities = (others.T.astype(np.uint16) << _CUT).view(np.float16)
    probabilities[np.isnan(top)] = np.nan
    probabilities[np.arange(len(top)), predictions] = top
    return probabilities


def _cut(halves: np.ndarray, predictions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(halves))
    top = halves[rows, predictions]
    bits = np.ascontiguousarray(np.where(np.isnan(top)[:, None], np.float16(0), halves))
    codes = (bits.view(np.uint16).astype(np.uint32) + (1 << (_CUT - 1))) >> _CUT
    # Rounding must not lift another digit above the predicted one.
    codes = np.minimum(codes, (top.view(np.uint16) >> _CUT)[:, None])
    codes[rows, predictions] = 0
    return top, np.ascontiguousarray(codes.T.astype(np.uint8))
