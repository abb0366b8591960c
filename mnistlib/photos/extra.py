"""The one place that loads OpenCV, which the base install does not bring."""

from functools import cache

from mnistlib.ground.errors import PhotoError


@cache
def opencv():
    """Return OpenCV's module, with one thread: other processes train beside it.

    Raises:
        PhotoError: it is not installed.
    """
    try:
        import cv2
    except ImportError:
        raise PhotoError(
            'reading photographs needs the extra "photo" (OpenCV). Received: an install '
            "without it. Run: pip install -e '.[photo]'"
        ) from None
    cv2.setNumThreads(1)
    return cv2
