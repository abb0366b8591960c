"""A file is written whole or not at all."""

import errno
import os
import threading

import pytest

from mnistlib.ground import files
from mnistlib.ground.files import write_whole


@pytest.mark.parametrize(
    "content", [b"a\r\nb", "a\r\nb", lambda file: file.write(b"a\r\nb")]
)
def test_bytes_text_and_writers(tmp_path, content):
    write_whole(tmp_path / "f", content)
    assert (tmp_path / "f").read_bytes() == b"a\r\nb"
    assert os.listdir(tmp_path) == ["f"]


def test_text_is_utf_8(tmp_path):
    write_whole(tmp_path / "f", "ü–")
    assert (tmp_path / "f").read_bytes() == "ü–".encode()


def test_an_older_file_is_replaced_at_once(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def write(file):
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"

    write_whole(path, write)
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("step", ["write", "flush", "rename"])
def test_a_failure_leaves_the_older_file_and_nothing_else(tmp_path, monkeypatch, step):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "f"
    path.write_bytes(b"old")
    if step == "flush":
        monkeypatch.setattr(files.os, "fsync", fail)
    arguments = {"give_name": fail} if step == "rename" else {}
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, fail if step == "write" else b"new", **arguments)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    steps = []
    monkeypatch.setattr(files.os, "fsync", lambda _: steps.append("flushed"))
    write_whole(tmp_path / "f", b"x", lambda *_: steps.append("named"))
    assert steps == ["flushed", "named"]


def test_writers_at_once_do_not_mix(tmp_path):
    contents = [bytes([i]) * 200_000 for i in range(8)]
    threads = [
        threading.Thread(target=write_whole, args=(tmp_path / "f", content))
        for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "f").read_bytes() in contents
    assert os.listdir(tmp_path) == ["f"]
