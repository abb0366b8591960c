"""How many photographs the library reads, and how many the page "Try it" does.

The same photographs, made by code, and the same network; the page's scripts run in Node.
"""

import numpy as np

from bench.node import inks
from mnistlib import data
from mnistlib.chapters.photos.design import OURS
from mnistlib.chapters.photos.pictures import photographs, seen
from mnistlib.deploy import bundle
from mnistlib.photos.render import KINDS

SYSTEM = "accurate"


def by_page(photos: list[np.ndarray]) -> tuple[list[np.ndarray | None], list[bool]]:
    """Return what the page shows its network, and where it says that something is amiss.

    None where no digit is found, or more than one, as for the library's reader.
    """
    found = inks(photos)
    images = [
        np.reshape(one["image"], (28, 28)) if one and not one["others"] else None
        for one in found
    ]
    warned = [one is None or one["others"] > 0 or one["isCut"] for one in found]
    return images, warned


def measure(quick: bool) -> dict:
    """Return of each kind of photograph how many are read, JSON values only.

    Args:
        quick: one photograph of each kind and source of digits instead of fifty.
    """
    n = 1 if quick else 50
    model = bundle.load(SYSTEM)
    made = photographs(data.load("mnist"), n)

    def right(photos, images) -> np.ndarray:
        blank = np.zeros((28, 28), np.float32)
        asked = np.array([blank if image is None else image for image in images])
        said = bundle.probabilities(model, asked).argmax(axis=1)
        truth = [photo.truth[0] for photo in photos]
        return (said == truth) & [image is not None for image in images]

    kinds = {}
    for kind in KINDS:
        photos = [photo for photo in made if photo.kind == kind]
        images, warned = by_page([photo.pixels for photo in photos])
        library, page = right(photos, seen(photos, OURS)), right(photos, images)
        kinds[kind] = {
            "n_examples": len(photos),
            "library": int(library.sum()),
            "page": int(page.sum()),
            "only_library": int((library & ~page).sum()),
            "only_page": int((page & ~library).sum()),
            # Of those that the page does not read: it says that something is amiss.
            "warned": int((np.array(warned) & ~page).sum()),
        }
    return {"system": SYSTEM, "kinds": kinds}
