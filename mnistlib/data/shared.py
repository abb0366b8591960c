"""One copy of the images for all workers of a machine: ``.npy`` files, memory-mapped.

The process that starts the workers writes the arrays it has loaded and checked; a worker
maps them read-only, so that the system keeps their pages once, however many workers read.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from mnistlib.data.datasets import PARTS, Dataset, hash_together, sha256_of
from mnistlib.ground import paths
from mnistlib.ground.errors import DataError
from mnistlib.ground.files import write_whole


@dataclass(frozen=True)
class Shared:
    """Where the arrays of a data set lie, and the facts that go with them."""

    folder: str
    name: str
    sha256: str
    source: str


def share(dataset: Dataset) -> Shared | None:
    """Write a data set's arrays to ``_build/data``, unless they are there.

    Returns:
        What `attach` needs, or None where the folder cannot be written or what was
        written does not come back: workers then load the data by themselves.
    """
    folder = paths.build_dir() / "data" / dataset.sha256[:16]
    shared = Shared(str(folder), dataset.name, dataset.sha256, dataset.source)
    if attach(shared) is not None:
        return shared
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            save = partial(np.save, arr=getattr(dataset, part), allow_pickle=False)
            write_whole(folder / f"{part}.npy", save)
    except OSError:
        return None
    attach.cache_clear()
    return shared if attach(shared) is not None else None


@lru_cache(maxsize=4)
def attach(shared: Shared) -> Dataset | None:
    """Return the data set with mapped arrays, None where they are not those expected.

    The hash over all arrays is computed anew, once a process: a file that was changed
    must not train a network under the name of the right data.
    """
    arrays, hashes = {}, []
    for part in PARTS:
        try:
            mapped = np.load(Path(shared.folder) / f"{part}.npy", mmap_mode="r")
            arrays[part] = mapped.view(np.ndarray)
            hashes.append(sha256_of(arrays[part]))
        except (OSError, ValueError, EOFError, AttributeError, DataError):
            return None
    if hash_together(hashes) != shared.sha256:
        return None
    return Dataset(name=shared.name, **arrays, sha256=shared.sha256, source=shared.source)
