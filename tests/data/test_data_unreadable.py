"""Data that are there and may not be read are told: the digits do not take their place."""

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from mnistlib import data
from mnistlib.data import mnist
from mnistlib.ground import paths
from mnistlib.ground.errors import DataError

NOBODY = 65534
IMAGES = "train-images-idx3-ubyte"
DENIED, LOOP, NO_FOLDER = (
    "Permission denied",
    "Too many levels of symbolic links",
    "Not a directory",
)


@contextmanager
def without_privileges():
    """Be a user whom permissions bind; the superuser reads everything."""
    if os.name == "nt":
        pytest.skip("needs POSIX permissions")
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def place(tiny_contents, digits, offline, monkeypatch, request):
    """Make the tiny data where `request.param` says they are looked for.

    Not below ``tmp_path``, which other users may not enter.
    """
    import pooch  # noqa: F401  what is imported later, another user may not read

    outer = Path(tempfile.mkdtemp())
    outer.chmod(0o755)
    folder = outer / "parent" / "mnist"
    folder.mkdir(parents=True)
    for name, content in tiny_contents.items():
        (folder / name).write_bytes(content)
    if request.param == "environment":
        monkeypatch.setenv("MNISTLIB_DATA", str(folder))
    if request.param == "cache":
        monkeypatch.setattr(paths, "cache_dir", lambda: folder)
    data.clear_cache()
    yield folder, folder if request.param == "argument" else None
    for path in (outer / "parent", folder):
        with suppress(OSError):
            path.chmod(0o755)
    shutil.rmtree(outer)


everywhere = pytest.mark.parametrize(
    "place", ["argument", "environment", "cache"], indirect=True
)


def refusal(explicit) -> str:
    """Return the one line in which both questions are refused."""
    messages = set()
    for name in ("auto", "mnist"):
        with without_privileges(), pytest.raises(DataError) as caught:
            data.load(name, explicit)
        messages.add(str(caught.value))
    (message,) = messages
    assert message.startswith("Required: folders and files of MNIST that may be read. ")
    assert message.endswith("or name another folder in MNISTLIB_DATA, then try again.")
    assert "\n" not in message
    return message


@everywhere
def test_good_data_are_read_by_that_user(place):
    with without_privileges():
        assert data.load("auto", place[1]).name == "mnist"


@everywhere
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_folder_that_may_not_be_entered(place, mode):
    folder, explicit = place
    folder.chmod(mode)
    assert f"Received: {folder / IMAGES} ({DENIED})" in refusal(explicit)


@everywhere
def test_a_folder_that_may_be_entered_and_not_listed_is_enough(place):
    folder, explicit = place
    folder.chmod(0o711)
    with without_privileges():
        assert data.load("auto", explicit).name == "mnist"


@everywhere
def test_a_file_that_may_not_be_read(place):
    folder, explicit = place
    (folder / IMAGES).chmod(0)
    assert f"Received: {folder / IMAGES} ({DENIED})" in refusal(explicit)


@everywhere
def test_a_folder_that_is_a_file(place):
    folder, explicit = place
    shutil.rmtree(folder)
    folder.write_text("a file")
    assert f"Received: {folder} ({NO_FOLDER})" in refusal(explicit)


@everywhere
def test_a_folder_that_is_a_loop_of_links(place):
    folder, explicit = place
    shutil.rmtree(folder)
    folder.symlink_to(folder.with_name("other"))
    folder.with_name("other").symlink_to(folder)
    assert f"({LOOP})" in refusal(explicit)


@everywhere
def test_a_file_that_is_a_loop_of_links(place):
    folder, explicit = place
    (folder / IMAGES).unlink()
    (folder / IMAGES).symlink_to(folder / IMAGES)
    assert f"Received: {folder / IMAGES} ({LOOP})" in refusal(explicit)


@pytest.mark.parametrize("place", ["argument", "environment"], indirect=True)
def test_a_named_folder_in_one_that_may_not_be_entered(place):
    folder, explicit = place
    folder.parent.chmod(0)
    assert f"Received: {folder} ({DENIED})" in refusal(explicit)


@pytest.mark.parametrize("place", ["cache"], indirect=True)
def test_a_cache_in_anothers_home_is_told_and_the_digits_take_its_place(place, caplog):
    """Nobody can tell whether there is a cache, so this is a machine without MNIST."""
    folder, _ = place
    folder.parent.chmod(0)
    with without_privileges():
        assert data.load("auto").is_fallback
        with pytest.raises(DataError, match=rf"{folder}: {DENIED}\. "):
            data.load("mnist")
    assert caplog.text.count("this is NOT MNIST") == 1
    assert f"{folder}: {DENIED}" in caplog.text


@everywhere
def test_verify_shows_it_for_every_file(place):
    folder, explicit = place
    (folder / IMAGES).chmod(0)
    with without_privileges():
        first, *rest = data.verify(explicit)[:4]
    assert (first["state"], first["file"]) == ("broken", IMAGES)
    assert DENIED in first["problem"]
    assert {row["state"] for row in rest} == {"good"}
    folder.chmod(0)
    with without_privileges():
        rows = data.verify(explicit)[:4]
    assert {row["state"] for row in rows} == {"broken"}
    assert [row["file"] for row in rows] == [file.name for file in mnist.FILES]


def test_a_name_that_is_too_long(offline, tmp_path):
    with pytest.raises(DataError, match=r"Received: .*xxx \(File name too long\)\. "):
        data.load("auto", tmp_path / ("x" * 5000))
