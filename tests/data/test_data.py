"""Finding and loading a data set: where it is looked for, what is refused, the fallback."""

import gzip
import hashlib
import logging
import os
import subprocess
import sys

import numpy as np
import pytest

from mnistlib import data
from mnistlib.data import mnist
from mnistlib.ground.errors import DataError

IMAGES = "train-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"


def copy_tiny(contents, folder, packed=False):
    folder.mkdir(parents=True)
    for name, content in contents.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    return folder


# --- what is loaded ---------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
def test_plain_and_gzipped_files_are_the_same_data(
    offline, tmp_path, tiny_contents, tiny_arrays, packed
):
    dataset = data.load("mnist", copy_tiny(tiny_contents, tmp_path / "in", packed))
    for part, expected in tiny_arrays.items():
        array = getattr(dataset, part)
        assert array.dtype == np.uint8
        assert np.array_equal(array, expected)
        assert not array.flags.writeable
    hashes = [hashlib.sha256(content).hexdigest() for content in tiny_contents.values()]
    assert dataset.sha256 == hashlib.sha256("".join(hashes).encode()).hexdigest()
    assert dataset.name == "mnist"
    assert not dataset.is_fallback
    assert dataset.n_classes == 10


def test_plain_and_gzipped_files_may_be_mixed(offline, tiny_folder, tiny_contents):
    (tiny_folder / IMAGES).unlink()
    (tiny_folder / f"{IMAGES}.gz").write_bytes(gzip.compress(tiny_contents[IMAGES]))
    assert data.load("mnist", tiny_folder).x_train.shape == (60, 28, 28)


def test_real_mnist(real_mnist, offline):
    dataset = data.load("mnist", real_mnist)
    assert dataset.x_train.shape == (60_000, 28, 28)
    assert dataset.x_test.shape == (10_000, 28, 28)
    assert dataset.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert dataset.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(dataset.y_train).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    ]
    assert np.bincount(dataset.y_test).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    assert (
        dataset.sha256 == "c65580678af93f1ea48c2c0d01d543ec89307c6b8a0eb7ca542d7c18c5f4c681"
    )


# --- where it is looked for -------------------------------------------------------------


def test_folders_are_tried_in_order(offline, tmp_path, tiny_contents, monkeypatch):
    copy_tiny(tiny_contents, offline)
    found = data.load("mnist")
    assert (found.source, found.folder) == ("read from the user's cache folder", offline)

    named = copy_tiny(tiny_contents, tmp_path / "named")
    monkeypatch.setenv("MNISTLIB_DATA", str(named))
    found = data.load("mnist")
    assert (found.source, found.folder) == ("read from MNISTLIB_DATA", named)

    given = copy_tiny(tiny_contents, tmp_path / "given")
    found = data.load("mnist", given)
    assert (found.source, found.folder) == ("read from the folder given", given)


def test_auto_takes_mnist_where_it_is(offline, tiny_folder, monkeypatch, caplog):
    monkeypatch.setenv("MNISTLIB_DATA", str(tiny_folder))
    assert data.resolve("auto") == "mnist"
    assert not data.load("auto").is_fallback
    assert caplog.text == ""


def test_no_path_of_this_machine_is_in_the_facts(offline, tiny_folder):
    facts = data.describe(data.load("mnist", tiny_folder))
    assert str(tiny_folder) not in str(facts)
    assert facts["title"] == "MNIST"
    assert (facts["n_train"], facts["n_test"]) == (60, 20)


def test_an_empty_data_folder_is_passed_over_with_a_word(
    offline, tmp_path, tiny_contents, monkeypatch, caplog
):
    copy_tiny(tiny_contents, offline)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("MNISTLIB_DATA", str(tmp_path / "empty"))
    assert data.load("mnist").folder == offline
    assert "which has no MNIST files: looking on" in caplog.text


def test_load_is_cached_until_the_question_changes(offline, tiny_folder, monkeypatch):
    assert data.load("mnist", tiny_folder) is data.load("mnist", str(tiny_folder))
    assert data.load("digits") is data.load("digits")
    fallback = data.load("auto")
    assert fallback is data.load("auto")
    monkeypatch.setenv("MNISTLIB_DATA", str(tiny_folder))
    assert data.load("auto").name == "mnist"


# --- the fallback -----------------------------------------------------------------------


def test_auto_falls_back_and_says_so(offline, caplog):
    with caplog.at_level(logging.WARNING, logger="mnistlib"):
        dataset = data.load("auto")
    assert dataset.name == "digits"
    assert dataset.is_fallback
    assert dataset.x_train.shape == (1437, 28, 28)
    assert dataset.source == "bundled with scikit-learn"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    message = record.getMessage()
    assert message.startswith("WARNING: this is NOT MNIST.")
    assert "MNISTLIB_OFFLINE='1'" in message
    assert "results on them say nothing about MNIST" in message
    assert "\n" not in message
    assert data.resolve("auto") == "digits"
    assert data.describe(dataset)["is_fallback"] is True


def test_the_warning_reaches_a_person_who_set_up_no_logging(offline):
    script = "from mnistlib import data; print(data.resolve('auto'))"
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=mnist.Path(data.__file__).parents[2],
        env=dict(os.environ, XDG_CACHE_HOME=str(offline), HOME=str(offline)),
    )
    assert result.stdout == "digits\n"
    assert result.stderr.count("WARNING: this is NOT MNIST.") == 1
    assert result.stderr.count("\n") == 1


def test_digits_asked_for_are_no_fallback(offline, caplog):
    assert not data.load("digits").is_fallback
    assert data.resolve("digits") == "digits"
    assert caplog.text == ""


def test_mnist_asked_for_is_not_replaced(offline):
    with pytest.raises(DataError, match=r"^Required: the network.*MNISTLIB_DATA\.$"):
        data.load("mnist")


# --- what is refused --------------------------------------------------------------------


def refusal(name, folder=None):
    with pytest.raises(DataError) as caught:
        data.load(name, folder)
    message = str(caught.value)
    assert message.startswith("Required: ")
    assert " Received: " in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["mnst", "MNIST", "", None])
def test_unknown_name(name):
    message = refusal(name)
    assert "auto, mnist, digits" in message
    assert f"Received: name={name!r} ({type(name).__name__})" in message


@pytest.mark.parametrize("name", ["mnist", "auto"])
def test_a_folder_that_is_not_there(offline, tmp_path, name):
    message = refusal(name, tmp_path / "nowhere")
    assert f"Received: {tmp_path / 'nowhere'}, which is none" in message


def test_a_data_folder_that_is_not_there(offline, tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTLIB_DATA", str(tmp_path / "nowhere"))
    assert refusal("auto").startswith("Required: MNISTLIB_DATA is a folder")


def test_a_given_folder_without_any_of_the_files(offline, tmp_path):
    message = refusal("auto", tmp_path)
    assert IMAGES in message
    assert "none of them" in message


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_missing_files_are_named(offline, tiny_folder, monkeypatch, by):
    (tiny_folder / IMAGES).unlink()
    (tiny_folder / TEST_LABELS).unlink()
    if by == "environment":
        monkeypatch.setenv("MNISTLIB_DATA", str(tiny_folder))
    message = refusal("auto", tiny_folder if by == "argument" else None)
    assert f"{tiny_folder} lacks {IMAGES}, {TEST_LABELS}." in message


def broken(change, content):
    if change == "wrong hash":
        return content[:-1] + bytes([content[-1] ^ 1])
    if change == "truncated":
        return content[:-100]
    if change == "corrupt gzip":
        packed = bytearray(gzip.compress(content))
        packed[len(packed) // 2] ^= 0xFF
        return bytes(packed)
    if change == "truncated gzip":
        return gzip.compress(content)[:-100]
    if change == "wrong magic":
        return b"\x89PNG" + content[4:]
    if change == "empty":
        return b""
    assert change == "wrong shape"  # 30 images of 56×28: as many bytes
    return content[:4] + bytes([0, 0, 0, 30, 0, 0, 0, 56]) + content[12:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("wrong hash", "SHA-256"),
        ("truncated", "is cut off (truncated), with 46,956 bytes"),
        ("corrupt gzip", "is damaged (corrupt)"),
        ("truncated gzip", "is cut off (truncated)"),
        ("wrong magic", "begins with 89 50 4e 47"),
        ("empty", "is empty"),
        ("wrong shape", "holds shape (30, 56, 28)"),
    ],
)
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_broken_file_is_named_and_a_repaired_one_loads(
    offline, tiny_folder, tiny_contents, monkeypatch, by, change, said
):
    path = tiny_folder / IMAGES
    path.write_bytes(broken(change, tiny_contents[IMAGES]))
    if by == "environment":
        monkeypatch.setenv("MNISTLIB_DATA", str(tiny_folder))
    folder = tiny_folder if by == "argument" else None
    message = refusal("auto", folder)
    assert str(path) in message
    assert said in message
    assert message.endswith("Replace or delete it, then try again.")
    path.write_bytes(tiny_contents[IMAGES])
    assert data.load("auto", folder).name == "mnist"


def test_a_broken_cache_without_a_network(offline, tiny_contents, caplog):
    copy_tiny(tiny_contents, offline)
    (offline / IMAGES).write_bytes(tiny_contents[IMAGES][:-1])
    assert refusal("mnist").startswith("Required: the network, to download MNIST.")
    assert f"{offline / IMAGES} is cut off" in caplog.text
    (offline / IMAGES).write_bytes(tiny_contents[IMAGES])
    assert data.load("mnist").folder == offline


def test_other_pictures_than_mnist_are_refused(offline, tmp_path, tiny_arrays):
    """Fashion-MNIST and its like have the same names; here the real hashes are in force."""
    folder = tmp_path / "look-alike"
    folder.mkdir()
    for file in mnist.FILES:
        content = data.idx.encode(np.zeros(file.shape, np.uint8))
        (folder / file.name).write_bytes(content)
    message = refusal("auto", folder)
    assert "SHA-256" in message
    assert mnist.FILES[0].sha256 in message


# --- verify -----------------------------------------------------------------------------


def test_verify_has_a_row_per_folder_and_file(offline, tiny_folder, tiny_contents):
    (tiny_folder / IMAGES).write_bytes(b"")
    (tiny_folder / TEST_LABELS).unlink()
    labels = tiny_folder / "train-labels-idx1-ubyte"
    labels.rename(labels.with_name(labels.name + ".gz"))
    rows = data.verify(tiny_folder)
    assert [row["folder"] for row in rows] == [str(tiny_folder)] * 4 + [str(offline)] * 4
    assert [row["state"] for row in rows] == ["broken", "good", "good", "missing"] + [
        "missing"
    ] * 4
    assert "is empty" in rows[0]["problem"]
    assert rows[1]["file"] == labels.name + ".gz"
    assert not any(row["problem"] for row in rows[1:])


def test_importing_loads_nothing_heavy():
    script = (
        "import sys, mnistlib.data\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'sklearn', 'scipy', 'pooch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=mnist.Path(data.__file__).parents[2],
    )
    assert (result.stdout, result.stderr) == ("[]\n", "")
