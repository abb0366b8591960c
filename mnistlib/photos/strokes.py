"""Digits drawn by code: a few strokes each, never twice alike. No person wrote them."""

import numpy as np

from mnistlib.photos.extra import opencv

_SUPERSAMPLED = 4
# Digit -> its shapes: points "x,y" in a box of 100, x to the right, y down; " | " between
# strokes. Curves are rounded through their points; where a stroke ends is a corner.
SHAPES = {
    0: ["50,0 10,20 5,60 30,100 70,100 95,60 90,20 50,0"],
    1: ["50,0 50,100", "20,25 55,0 | 55,0 50,100"],
    2: ["10,28 20,0 75,0 95,30 70,60 8,100 | 8,100 95,96"],
    3: ["8,12 40,-2 90,8 85,42 40,47 | 40,47 90,50 100,85 60,102 5,90"],
    4: [
        "65,0 6,65 | 6,65 95,63 | 70,30 66,100",
        "15,0 10,52 | 10,52 85,50 | 80,0 74,100",
    ],
    5: ["88,1 25,2 | 25,2 18,46 | 18,46 60,32 100,60 85,100 40,103 8,86"],
    6: ["75,0 35,20 5,60 15,100 60,105 95,85 85,50 45,48 14,72"],
    7: ["6,3 92,2 | 92,2 60,45 40,100", "6,3 92,2 | 92,2 60,45 40,100 | 30,50 82,48"],
    8: ["50,48 10,30 20,0 80,0 90,30 50,48 2,70 10,102 90,102 98,70 50,48"],
    9: ["85,25 70,0 25,0 8,35 40,58 85,30 | 85,20 82,60 66,100"],
}


def strokes(digit: int, rng: np.random.Generator, height: int = 112) -> np.ndarray:
    """Return a digit drawn with a pen of even width: slant, form and width are drawn.

    Args:
        digit: 0 to 9.
        rng: draws everything.
        height: of the digit in pixels; default 112.

    Returns:
        float32 (h, w), 0 (paper) to 1 (ink), a rim of paper around it.
    """
    cv2 = opencv()
    shape = _points(SHAPES[digit][rng.integers(len(SHAPES[digit]))])
    wide, slant = rng.uniform(0.5, 0.75), rng.uniform(-0.1, 0.3)
    # Where two strokes meet they must still meet: one jitter for each point.
    moved = {p: p + rng.normal(0, 0.02, 2) for stroke in shape for p in stroke}
    curves = [_rounded(np.array([moved[point] for point in stroke])) for stroke in shape]
    pen = rng.uniform(0.06, 0.12)
    place = [
        np.column_stack([wide * c[:, 0] + slant * wide * (1 - c[:, 1]), c[:, 1]])
        for c in curves
    ]
    points = np.concatenate(place)
    low, high = points.min(axis=0) - pen, points.max(axis=0) + pen
    scale = height * _SUPERSAMPLED
    columns, rows = (int(n) + 1 for n in np.ceil(scale * (high - low)))
    ink = np.zeros((rows, columns), dtype=np.uint8)
    for curve in place:
        line = np.rint(scale * (curve - low)).astype(np.int32)
        cv2.polylines(ink, [line], False, 255, max(1, round(pen * scale)), cv2.LINE_AA)
    size = (columns // _SUPERSAMPLED, rows // _SUPERSAMPLED)
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255


def _points(text: str) -> list[list[tuple[float, float]]]:
    """Return a shape's strokes as points in a box of 1."""
    return [
        [tuple(int(n) / 100 for n in point.split(",")) for point in stroke.split()]
        for stroke in text.split("|")
    ]


def _rounded(points: np.ndarray) -> np.ndarray:
    """Return a curve along points, its ends kept: Chaikin's cutting of corners."""
    if len(points) < 3:
        return points
    for _ in range(4):
        near, far = (
            0.75 * points[:-1] + 0.25 * points[1:],
            0.25 * points[:-1] + 0.75 * points[1:],
        )
        cut = np.stack([near, far], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points
