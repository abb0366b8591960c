"""What all tests share: no network, no chatter, and small data of known content.

Tests never touch the network or the user's cache folder, and do not change with
``MNISTLIB_DATA``: its value is put aside here for the few tests that want real MNIST and
ask for the fixture `real_mnist`.
"""

import hashlib
import os
from collections import Counter
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["MNISTLIB_OFFLINE"] = "1"
# Through the environment, because pytest-xdist starts its workers from it.
os.environ.setdefault(
    "MNISTLIB_TEST_MNIST", os.path.abspath(os.environ.pop("MNISTLIB_DATA", ""))
)

import numpy as np
import pytest
from hypothesis import settings

from mnistlib import data
from mnistlib.data import idx, mnist

# A busy machine is no failure: properties have no time limit.
settings.register_profile("mnistlib", deadline=None)
settings.load_profile("mnistlib")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with many slow tests go first: no process is left with one at the end."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture
def real_mnist() -> Path:
    """The folder of real MNIST, for tests that need it; they are skipped without it."""
    folder = Path(os.environ["MNISTLIB_TEST_MNIST"])
    if not mnist.is_complete(folder):
        pytest.skip("needs real MNIST: name a folder with its four files in MNISTLIB_DATA")
    return folder


@pytest.fixture
def offline(tmp_path, monkeypatch) -> Path:
    """No network, no data folder, and an empty cache folder, which is returned."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("MNISTLIB_OFFLINE", "1")
    monkeypatch.delenv("MNISTLIB_DATA", raising=False)
    monkeypatch.setattr("mnistlib.ground.paths.cache_dir", lambda: cache)
    return cache


@pytest.fixture
def tiny_arrays() -> dict[str, np.ndarray]:
    """Four arrays that look like MNIST's and are not: 60 and 20 images of noise."""
    noise = np.random.default_rng(0)
    return {
        "x_train": noise.integers(0, 256, (60, 28, 28), dtype=np.uint8),
        "y_train": np.arange(60, dtype=np.uint8) % 10,
        "x_test": noise.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_test": np.arange(20, dtype=np.uint8) % 10,
    }


@pytest.fixture
def tiny_contents(tiny_arrays, monkeypatch) -> dict[str, bytes]:
    """File name -> content of the tiny data, which `mnist.FILES` is made to describe."""
    contents = {file.name: idx.encode(tiny_arrays[file.part]) for file in mnist.FILES}
    files = tuple(
        mnist.IdxFile(
            name=file.name,
            part=file.part,
            shape=tiny_arrays[file.part].shape,
            sha256=hashlib.sha256(contents[file.name]).hexdigest(),
        )
        for file in mnist.FILES
    )
    monkeypatch.setattr(mnist, "FILES", files)
    return contents


@pytest.fixture
def tiny_folder(tiny_contents, tmp_path) -> Path:
    """A folder with the tiny data as four plain IDX files."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, content in tiny_contents.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def digits() -> data.Dataset:
    """The embedded digits."""
    return data.load("digits")
