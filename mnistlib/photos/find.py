"""Find digits in a photograph: paper and ink, ruled lines, pieces, reading order.

The image work is OpenCV's. Each step can be left out, to see what it is worth.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from mnistlib.ground.errors import PhotoError
from mnistlib.photos.extra import opencv
from mnistlib.photos.geometry import BOX, SIDE, to_mnist

# A photograph is read at this size: its longer side, in pixels.
WORKING_SIDE = 640
MOST_DIGITS = 64
MOST_PIECES = 4 * MOST_DIGITS  # a digit may be in several
# Contrast of ink against paper, a share of what there could be: below it, a page is blank.
LEAST_CONTRAST = 0.08
# Width of MNIST's strokes where the box is 20: about the median over training images.
STROKE = 2.6


@dataclass(frozen=True)
class Steps:
    """Which steps are taken; all by default.

    Args:
        polarity: ink may be darker than the paper; without it, ink is what is light.
        background: the paper's own brightness is divided out, place by place.
        smoothing: a light blur against the sensor's noise.
        lines: ruled lines are taken out.
        pieces: specks are dropped, and pieces of a digit are put together. Without it the
            whole picture is one digit.
        box: the digit is cropped and brought to MNIST's box; without it the picture is
            brought to 28 x 28 as it is.
        mass: the centre of mass, not of the box, comes to the middle.
        ink: strokes get MNIST's darkness and width.
    """

    polarity: bool = True
    background: bool = True
    smoothing: bool = True
    lines: bool = True
    pieces: bool = True
    box: bool = True
    mass: bool = True
    ink: bool = True

    def without(self, name: str) -> "Steps":
        """Return the same steps but for one."""
        return replace(self, **{name: False})


STEPS = [field.name for field in fields(Steps)]


@dataclass(frozen=True, eq=False)
class Digit:
    """A digit that was found.

    Attributes:
        box: (left, top, width, height) in pixels of the photograph.
        image: as MNIST has it, float32 (28, 28), 0 to 1.
    """

    box: tuple[int, int, int, int]
    image: np.ndarray


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks of a photograph that are digits, before they are brought to MNIST's form.

    Attributes:
        ink: at the working size, float32 (h, w), 0 to 1.
        groups: a mask for each digit, in reading order, uint8 (h, w).
        scale: the working size as a share of the photograph's.
    """

    ink: np.ndarray
    groups: list[np.ndarray]
    scale: float


def find(photo: np.ndarray, steps: Steps | None = None) -> list[Digit]:
    """Return the digits of a photograph, row by row and from left to right.

    Args:
        photo: uint8 (h, w, 3), red, green, blue; or grey (h, w).
        steps: which steps are taken; default all.

    Raises:
        PhotoError: no digit is found, or far too many.
    """
    steps = steps or Steps()
    return digits(marks(photo, steps), steps)


def marks(photo: np.ndarray, steps: Steps) -> Marks:
    """Take all steps but `Steps.box` and `Steps.mass`; errors as of `find`."""
    cv2 = opencv()
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) if photo.ndim == 3 else photo
    scale = min(1.0, WORKING_SIDE / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    contrast = _contrast(grey.astype(np.float32) / 255, steps)
    ink, mask = _ink(contrast, steps)
    if steps.lines:
        mask = _without_lines(mask)
    groups = _groups(mask) if steps.pieces else [mask]
    if not any(group.any() for group in groups):
        raise _no_digit("no ink stands out from the paper")
    return Marks(ink, _in_reading_order(groups), scale)


def digits(marked: Marks, steps: Steps) -> list[Digit]:
    """Take the steps `Steps.box` and `Steps.mass`, and give strokes MNIST's width."""
    return [_digit(marked.ink, group, marked.scale, steps) for group in marked.groups]


def _at_most(marks: list, most: int) -> None:
    if len(marks) > most:
        raise PhotoError(
            f"a photograph must show at most {MOST_DIGITS} digits on plain or ruled paper. "
            f"Received: {len(marks)} marks. Crop it to the digits"
        )


def _no_digit(why: str) -> PhotoError:
    return PhotoError(
        f"a photograph must show a handwritten digit. Received: none was found ({why}). "
        "Fill more of the picture with it, in even light"
    )


def _contrast(grey: np.ndarray, steps: Steps) -> np.ndarray:
    """Return how much each pixel differs from the paper towards ink, 0 to 1."""
    cv2 = opencv()
    if steps.smoothing:
        grey = cv2.GaussianBlur(grey, (0, 0), max(0.6, max(grey.shape) / 400))
    paper = _paper(grey) if steps.background else np.full_like(grey, np.median(grey))
    darker = np.clip((paper - grey) / np.maximum(paper, 0.05), 0, 1)
    lighter = np.clip((grey - paper) / np.maximum(1 - paper, 0.05), 0, 1)
    if not steps.polarity:
        return lighter
    # Ink is what stands out most: few pixels, far from the paper.
    dark, light = (np.percentile(part, 99.8) for part in (paper - grey, grey - paper))
    return darker if dark >= light else lighter


def _paper(grey: np.ndarray) -> np.ndarray:
    """Return the paper's brightness at each pixel: a slope, and the median around it.

    Strokes cover less than half of so large a window, and a shadow's edge survives it. The
    slope is taken out first: at the picture's rim the window has but one side.
    """
    cv2 = opencv()
    small = 96 / max(grey.shape)
    size = [max(8, round(n * small)) for n in grey.shape]
    thumbnail = cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA)
    slope = _plane(thumbnail)
    window = (min(size) * 3 // 8) | 1
    half = window // 2
    # The median is OpenCV's for bytes: brightness above and below the slope, around 128.
    rest = np.clip(127.5 * (1 + thumbnail - slope), 0, 255).astype(np.uint8)
    blurred = cv2.medianBlur(
        cv2.copyMakeBorder(rest, *[half] * 4, cv2.BORDER_REFLECT), window
    )
    inside = blurred[half : half + size[0], half : half + size[1]]
    paper = slope + inside.astype(np.float32) / 127.5 - 1
    paper = cv2.resize(paper.astype(np.float32), grey.shape[::-1])
    return np.clip(paper, 0, 1)


def _plane(grey: np.ndarray) -> np.ndarray:
    """Return the plane through most of a picture's brightness."""
    rows, columns = np.indices(grey.shape)
    basis = np.stack([np.ones(grey.size), rows.ravel(), columns.ravel()], axis=1)
    values, kept = grey.ravel(), np.ones(grey.size, dtype=bool)
    for _ in range(2):  # the second time without ink
        factors = np.linalg.lstsq(basis[kept], values[kept], rcond=None)[0]
        away = np.abs(values - basis @ factors)
        kept = away <= 2 * max(away.std(), 1e-6)
    return (basis @ factors).reshape(grey.shape)


def _ink(contrast: np.ndarray, steps: Steps) -> tuple[np.ndarray, np.ndarray]:
    """Return ink, 0 to 1, and a mask of it, uint8."""
    cv2 = opencv()
    levels = (255 * contrast).astype(np.uint8)
    level, mask = cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    inside, outside = contrast[mask > 0], contrast[mask == 0]
    if not len(inside) or not len(outside):
        raise _no_digit("the picture has one colour")
    gap = float(np.median(inside) - np.median(outside))
    # Noise alone is split in two as well, but not so far apart.
    if steps.pieces and gap < max(LEAST_CONTRAST, 4 * float(outside.std())):
        raise _no_digit("no ink stands out from the paper")
    if not steps.ink:
        return contrast, mask
    low, high = 0.6 * level / 255, float(np.percentile(inside, 70))
    return np.clip((contrast - low) / max(high - low, 1e-3), 0, 1), mask


def _without_lines(mask: np.ndarray) -> np.ndarray:
    """Return a mask without long straight lines; where a stroke crosses one, it stays."""
    cv2 = opencv()
    height, width = mask.shape
    for long, along in ((width, 0), (height, 1)):
        found = cv2.HoughLinesP(
            255 * mask,
            1,
            np.pi / 360,
            threshold=int(0.35 * long),
            minLineLength=int(0.45 * long),
            maxLineGap=int(0.03 * long),
        )
        if found is None:
            continue
        lines = np.zeros_like(mask)
        for x0, y0, x1, y1 in found.reshape(-1, 4):
            run, rise = (abs(x1 - x0), abs(y1 - y0))[:: 1 - 2 * along]
            if rise < 0.4 * run:
                cv2.line(lines, (x0, y0), (x1, y1), 1, 3)
        thick = max(3, round(min(mask.shape) / 90))
        band = cv2.dilate(lines, np.ones((3, 3), np.uint8)) & mask
        # A stroke that crosses is thicker, across the line, than the line is.
        shape = (1, 2 * thick + 1) if along == 0 else (2 * thick + 1, 1)
        across = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(shape[::-1], np.uint8))
        mask = np.where((band > 0) & (across == 0), 0, mask).astype(np.uint8)
        close = np.ones((thick + 2, 1) if along == 0 else (1, thick + 2), np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, close)
    return mask


def _groups(mask: np.ndarray) -> list[np.ndarray]:
    """Return a mask for each digit: pieces that lie over one another belong together."""
    cv2 = opencv()
    n, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if n < 2:
        return []
    sides = stats[1:, cv2.CC_STAT_HEIGHT]
    areas = stats[1:, cv2.CC_STAT_AREA]
    tall = sides.max()
    kept = [
        i + 1
        for i in range(n - 1)
        if areas[i] >= 0.06 * np.max(areas) and sides[i] >= 0.12 * tall and sides[i] >= 5
    ]
    _at_most(kept, MOST_PIECES)  # before what takes longer the more there are
    boxes = {i: stats[i, :4].astype(int) for i in kept}
    # What the picture cuts off is a shadow, an edge of the page, or no whole digit.
    whole = {i: box for i, box in boxes.items() if not _is_cut(box, mask.shape)}
    boxes = whole or boxes
    groups: list[list[int]] = []
    for i in sorted(boxes, key=lambda i: -boxes[i][3]):
        home = next(
            (g for g in groups if any(_belongs(boxes, i, j, tall) for j in g)), None
        )
        groups.append([i]) if home is None else home.append(i)
    _at_most(groups, MOST_DIGITS)
    return [np.isin(labels, group).astype(np.uint8) for group in groups]


def _is_cut(box: np.ndarray, shape: tuple[int, int]) -> bool:
    x, y, w, h = box
    return x == 0 or y == 0 or x + w == shape[1] or y + h == shape[0]


def _belongs(boxes: dict, i: int, j: int, tall: int) -> bool:
    """Tell whether a piece is part of a digit: over or under it, and near."""
    (x, y, w, h), (x2, y2, w2, h2) = boxes[i], boxes[j]
    shared = min(x + w, x2 + w2) - max(x, x2)
    gap = max(y, y2) - min(y + h, y2 + h2)
    whole = max(y + h, y2 + h2) - min(y, y2)
    near = gap < 0.1 * tall or (gap < 0.25 * tall and whole <= 1.25 * tall)
    return shared > 0.5 * min(w, w2) and near


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    cv2 = opencv()
    return tuple(map(int, cv2.boundingRect(mask)))


def _in_reading_order(groups: list[np.ndarray]) -> list[np.ndarray]:
    """Return masks row by row: who overlaps a row's first digit by half is in that row."""
    left = sorted(((_box(group), group) for group in groups), key=lambda one: one[0][1])
    ordered = []
    while left:
        (_, top, _, height), _ = left[0]
        row = [
            one
            for one in left
            if min(one[0][1] + one[0][3], top + height) - max(one[0][1], top)
            > 0.5 * min(one[0][3], height)
        ]
        ordered += sorted(row, key=lambda one: one[0][0])
        taken = {id(one[1]) for one in row}
        left = [one for one in left if id(one[1]) not in taken]
    return [group for _, group in ordered]


def _digit(ink: np.ndarray, group: np.ndarray, scale: float, steps: Steps) -> Digit:
    cv2 = opencv()
    x, y, w, h = _box(group)
    box = tuple(round(n / scale) for n in (x, y, w, h))
    # A rim of paper keeps the soft edge of a stroke.
    near = cv2.dilate(group, np.ones((3, 3), np.uint8))
    own = np.where(near > 0, ink, np.float32(0))
    if not steps.box:
        small = cv2.resize(own, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        return Digit(box, np.clip(small, 0, 1).astype(np.float32))
    own = own[max(0, y - 2) : y + h + 2, max(0, x - 2) : x + w + 2]
    if steps.ink:
        own = _with_strokes_of_mnist(own, group[y : y + h, x : x + w])
    return Digit(box, to_mnist(own, threshold=0.0, by_mass=steps.mass))


def _with_strokes_of_mnist(ink: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return ink whose strokes are, in the box of 20, no thinner than MNIST's."""
    cv2 = opencv()
    inside = cv2.distanceTransform(cv2.copyMakeBorder(mask, 1, 1, 1, 1, 0), cv2.DIST_L2, 5)
    # Across a stroke of w pixels, the mean distance to paper is about (w + 2) / 4.
    width = 4 * float(inside[inside > 0].mean()) - 2
    wanted = STROKE * max(mask.shape) / BOX
    grow = round(wanted - width)
    if grow < 1:
        return ink
    padded = cv2.copyMakeBorder(ink, *[grow] * 4, cv2.BORDER_CONSTANT, value=0)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow + 1, grow + 1))
    return cv2.dilate(padded, disc)
