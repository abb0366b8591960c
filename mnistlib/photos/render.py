"""Test photographs, made by code: ink on paper, light, a camera. None was taken.

What a real photograph has and these have not: folds and pictures beneath the digits, ink
that bleeds or spreads, a table's edge, compression, other writing, hands.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnistlib.ground.errors import PhotoError
from mnistlib.photos.extra import opencv

SIDE = 320
_MARGIN = 0.25  # around the frame, so that a tilted page still fills it
_MNIST = (20 / 28, 20 / 28)  # a digit's height as a share of the side, as MNIST has it
LINES = [(150, 175, 215), (95, 125, 185), (125, 125, 125)]  # of ruled paper
PENS = [(30, 30, 35), (25, 45, 140), (150, 30, 35), (20, 95, 60), (95, 95, 100)]


@dataclass(frozen=True)
class Scene:
    """How a kind of photograph is made; amounts are shares of the whole unless said.

    Args:
        about: in words.
        paper, pen: red, green, blue; pen None draws one of `PENS`.
        height: of the digits, least and most, as a share of the photograph's.
        centred: the digit's box is in the middle; else its place is drawn.
        shade: brightness lost from one side to the other.
        shadow: brightness lost behind an edge across the picture.
        blur: Gaussian, standard deviation in pixels.
        noise: standard deviation of the sensor's noise.
        lines: "", "ruled" or "squared".
        tilt: degrees at most, to either side.
        perspective: how far a corner of the page moves at most.
    """

    about: str
    paper: tuple[int, int, int] = (246, 245, 240)
    pen: tuple[int, int, int] | None = (30, 30, 35)
    height: tuple[float, float] = (0.35, 0.6)
    centred: bool = False
    shade: float = 0.0
    shadow: float = 0.0
    blur: float = 0.6
    noise: float = 0.01
    lines: str = ""
    tilt: float = 0.0
    perspective: float = 0.0


_CHALK = {"paper": (38, 52, 46), "pen": (228, 228, 220)}
KINDS = {
    "as MNIST": Scene(
        "white on black, as large as MNIST's digits, the box in the middle",
        paper=(0, 0, 0),
        pen=(255, 255, 255),
        height=_MNIST,
        centred=True,
        noise=0.0,
    ),
    "white paper": Scene(
        "dark on white, as large, the box in the middle", height=_MNIST, centred=True
    ),
    "off centre": Scene("smaller, and anywhere on the page"),
    "small": Scene("a sixth to a quarter of the picture high", height=(0.16, 0.26)),
    "pens": Scene("black, blue, red, green or pencil", pen=None),
    "shading": Scene("light from one side", shade=0.55),
    "shadow": Scene("a shadow's edge across the page", shadow=0.4),
    "blur": Scene("out of focus", blur=4.0),
    "noise": Scene("a dark room's noise", noise=0.12),
    "ruled": Scene("ruled paper, any pen", pen=None, lines="ruled"),
    "squared": Scene("squared paper, any pen", pen=None, lines="squared"),
    "tilt": Scene("turned by up to 20 degrees", tilt=20.0),
    "perspective": Scene("taken from the side", perspective=0.16),
    "board": Scene("chalk on a board, unevenly lit", shade=0.3, noise=0.03, **_CHALK),
    "phone": Scene(
        "all of it, each a little weaker",
        pen=None,
        shade=0.35,
        shadow=0.2,
        blur=1.5,
        noise=0.04,
        lines="ruled",
        tilt=8.0,
        perspective=0.08,
    ),
}


def ink_is_dark(scene: Scene) -> bool:
    """Tell whether a scene's ink is darker than its paper; pens that are drawn all are."""
    return scene.pen is None or sum(scene.pen) < sum(scene.paper)


def photograph(inks: Sequence[np.ndarray], kind: str, seed) -> np.ndarray:
    """Return a photograph of digits side by side.

    Args:
        inks: one array a digit, from left to right: float (h, w), 0 (paper) to 1 (ink).
        kind: a key of `KINDS`.
        seed: of everything that is drawn, as `numpy.random.default_rng` takes it.

    Returns:
        uint8 (320, 320 or more, 3): red, green, blue; wider for several digits.

    Raises:
        PhotoError: the kind is unknown, or there is no digit.
    """
    if kind not in KINDS or not len(inks):
        raise PhotoError(
            f"a test photograph must be of a kind ({', '.join(KINDS)}) and show a digit. "
            f"Received: kind={kind!r}, {len(inks)} digits"
        )
    cv2 = opencv()
    scene, rng = KINDS[kind], np.random.default_rng(seed)
    line = _line(inks, scene, rng)
    frame = (SIDE, max(SIDE, round(1.2 * line.shape[1])))
    margin = [round(_MARGIN * n) for n in frame]
    page = _page(frame, margin, scene, rng)
    around = [(m, m) for m in margin]
    alpha = np.pad(_placed(line, frame, scene, rng), around)
    pen = scene.pen or PENS[rng.integers(len(PENS))]
    page += alpha[..., None] * (np.array(pen, dtype=np.float32) / 255 - page)
    page = cv2.warpPerspective(
        page,
        _view(page.shape, scene, rng),
        page.shape[1::-1],
        borderMode=cv2.BORDER_REPLICATE,
    )
    photo = page[margin[0] : margin[0] + frame[0], margin[1] : margin[1] + frame[1]]
    photo = photo * _light(frame, scene, rng)[..., None]
    photo = cv2.GaussianBlur(photo, (0, 0), scene.blur)
    photo = photo + rng.normal(0, scene.noise, photo.shape)
    return (255 * np.clip(photo, 0, 1) + 0.5).astype(np.uint8)


def _page(frame, margin, scene: Scene, rng) -> np.ndarray:
    """Return the empty page with its margin, float32 (h, w, 3)."""
    shape = [n + 2 * m for n, m in zip(frame, margin, strict=True)]
    page = np.ones((*shape, 3), np.float32) * (np.array(scene.paper, np.float32) / 255)
    if scene.lines:
        colour = np.array(LINES[rng.integers(len(LINES))], np.float32) / 255
        apart = rng.integers(36, 56) if scene.lines == "ruled" else rng.integers(26, 40)
        for row in range(int(rng.integers(apart)), shape[0], apart):
            page[row : row + 2] = colour
        if scene.lines == "squared":
            for column in range(int(rng.integers(apart)), shape[1], apart):
                page[:, column : column + 2] = colour
    return page


def _line(inks, scene: Scene, rng) -> np.ndarray:
    """Return the digits side by side, cut to their ink, 0 to 1."""
    cv2 = opencv()
    tall = rng.uniform(*scene.height) * SIDE
    digits = []
    for ink in inks:
        rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
        cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
        # A digit that is wider than high has the width for its longer side.
        scale = tall * rng.uniform(0.9, 1.0) / max(cut.shape)
        size = [max(2, round(scale * n)) for n in cut.shape]
        larger = cv2.resize(cut, size[::-1], interpolation=cv2.INTER_CUBIC)
        free = round(tall) + 2 - larger.shape[0]
        above = round(free * rng.uniform(0.3, 0.7))
        gap = round(rng.uniform(0.15, 0.35) * tall) if digits else 0
        digits.append(np.pad(np.clip(larger, 0, 1), ((above, free - above), (gap, 0))))
    return np.concatenate(digits, axis=1)


def _placed(line: np.ndarray, frame, scene: Scene, rng) -> np.ndarray:
    """Return a line of digits in its frame: in the middle, or anywhere but at the edge."""
    alpha = np.zeros(frame, dtype=np.float32)
    free = [n - m for n, m in zip(frame, line.shape, strict=True)]
    share = (0.5, 0.5) if scene.centred else rng.uniform(0.1, 0.9, 2)
    top, left = (round(n * part) for n, part in zip(free, share, strict=True))
    alpha[top : top + line.shape[0], left : left + line.shape[1]] = line
    return alpha


def _view(shape, scene: Scene, rng) -> np.ndarray:
    """Return the matrix by which the camera sees the page."""
    cv2 = opencv()
    height, width = shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = (
        corners
        + rng.uniform(-1, 1, (4, 2)) * scene.perspective * np.array([width, height]) / 2
    )
    angle = np.deg2rad(rng.uniform(-scene.tilt, scene.tilt))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array([width, height]) / 2
    moved = (moved - middle) @ turn + middle
    return cv2.getPerspectiveTransform(corners, moved.astype(np.float32))


def _light(frame, scene: Scene, rng) -> np.ndarray:
    """Return the light at each pixel of the frame, at most 1."""
    cv2 = opencv()
    rows, columns = np.mgrid[0 : frame[0], 0 : frame[1]].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * columns / frame[1] + np.sin(angle) * rows / frame[0]
    along = (along - along.min()) / np.ptp(along)
    light = 1 - scene.shade * along
    edge = (along > rng.uniform(0.3, 0.7)).astype(np.float32)
    return light * (1 - scene.shadow * cv2.GaussianBlur(edge, (0, 0), 3))
