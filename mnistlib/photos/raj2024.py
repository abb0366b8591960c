"""The reader of image files of `raj2024`, as the paper describes it."""

import numpy as np

from mnistlib.photos.extra import opencv
from mnistlib.photos.geometry import SIDE


def resized(photo: np.ndarray) -> np.ndarray:
    """Return a photograph as system R7 shows it to its network.

    Grey by OpenCV's ``BGR2GRAY``, brought to 28 x 28 by bilinear interpolation, divided by
    255. The paper names no inversion, no cropping and no centring; nothing is added here.

    Args:
        photo: uint8 (h, w, 3), red, green, blue.

    Returns:
        float32 (28, 28), 0 to 1.

    Source: `raj2024`, Algorithm 1 and section V, Figs. 12 and 13 (system R7).
    """
    cv2 = opencv()
    grey = cv2.cvtColor(photo[..., ::-1].copy(), cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return small.astype(np.float32) / 255
