"""Downloads, from mirrors that a server on this machine plays: good, bad, slow, absent."""

import dataclasses
import errno
import gzip
import json
import os
import select
import socket
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import filelock
import numpy as np
import pytest
from mirrors import serving

from mnistlib import data
from mnistlib.data import download, idx, mnist
from mnistlib.data.download import FetchError
from mnistlib.ground import files
from mnistlib.ground.errors import DataError

NAMES = [file.name for file in mnist.FILES]


@pytest.fixture
def mirrors(tiny_contents):
    with serving(tiny_contents) as server:
        yield server


@pytest.fixture
def online(offline, monkeypatch):
    """The network allowed (it is this machine alone), short patience, an empty cache."""
    monkeypatch.delenv("MNISTLIB_OFFLINE")
    monkeypatch.setattr(download, "ANSWER_SECONDS", 2.0)
    monkeypatch.setattr(download, "STALL_SECONDS", 1.0)
    return offline


@pytest.fixture
def use(monkeypatch, mirrors, online):
    """Make `fetch` use the mirrors of these behaviours, in this order."""

    def set_mirrors(*behaviours):
        monkeypatch.setattr(download, "MIRRORS", tuple(mirrors.url(b) for b in behaviours))

    return set_mirrors


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_there_are_public_mirrors_and_they_use_tls():
    assert len(download.MIRRORS) >= 2
    assert len({download._host(mirror) for mirror in download.MIRRORS}) == len(
        download.MIRRORS
    )
    for mirror in download.MIRRORS:
        assert mirror.startswith("https://")
        assert mirror.endswith("/")


def test_fetch_puts_four_checked_plain_files_in_place(use, mirrors, online, tiny_contents):
    use("good")
    assert download.fetch(online) == [f"127.0.0.1:{mirrors.server_port}"]
    assert visible(online) == sorted(NAMES)
    for name, content in tiny_contents.items():
        assert (online / name).read_bytes() == content
    assert mirrors.got("good") == [f"{name}.gz" for name in NAMES]


def test_a_second_fetch_needs_no_network(use, mirrors, online, monkeypatch):
    use("good")
    download.fetch(online)
    monkeypatch.setenv("MNISTLIB_OFFLINE", "1")
    assert download.fetch(online) == []
    assert len(mirrors.got("good")) == 4


def test_load_downloads_once_and_then_reads_the_cache(use, mirrors, online, tiny_arrays):
    use("good")
    dataset = data.load("mnist")
    assert dataset.name == "mnist"
    assert not dataset.is_fallback
    assert dataset.source == f"downloaded from 127.0.0.1:{mirrors.server_port}"
    assert dataset.folder == online
    for part, array in tiny_arrays.items():
        assert np.array_equal(getattr(dataset, part), array)
    data.clear_cache()
    again = data.load("auto")
    assert again.source == "read from the user's cache folder"
    assert again.sha256 == dataset.sha256
    assert len(mirrors.got("good")) == 4


@pytest.mark.parametrize("bad", ["wrong", "gone", "stalled", "round-and-round"])
def test_the_next_mirror_takes_over(use, mirrors, online, tiny_contents, bad):
    use(bad, "good")
    started = time.monotonic()
    download.fetch(online)
    assert time.monotonic() - started < 20
    if bad != "round-and-round":
        assert len(mirrors.got(bad)) == 1  # a mirror that failed is not asked first again
    assert mirrors.got("good") == [f"{name}.gz" for name in NAMES]
    for name, content in tiny_contents.items():
        assert (online / name).read_bytes() == content


def test_a_mirror_that_does_not_answer_is_not_asked_for_files(
    use, mirrors, online, monkeypatch
):
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.5)
    use("silent", "good")
    download.fetch(online)
    assert mirrors.got("silent") == []
    assert len(mirrors.got("good")) == 4


@pytest.mark.parametrize("way", ["unpacked", "in-parts"])
def test_other_ways_to_pack_are_understood(use, online, tiny_contents, way):
    use(way)
    download.fetch(online)
    assert (online / NAMES[0]).read_bytes() == tiny_contents[NAMES[0]]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("wrong", r"127\.0\.0\.1:[0-9]+: sent broken or other data\."),
        ("damaged", r"sent broken or other data\."),
        ("html", r"sent broken or other data\."),
        ("gone", r"HTTP 404"),
        ("broken-off", r"the connection failed \(ChunkedEncodingError\)"),
        ("stalled", r"timed out|the connection failed|too slow"),
        ("trickling", r"too slow \([0-9]+ bytes in 1 s\)"),
        ("endless", r"sent more than 51,622 bytes"),
        ("bomb", r"sent broken or other data"),
        ("encoded-bomb", r"sent more than 51,622 bytes"),
        ("no-length", r"the connection failed \(ValueError\)"),
        ("round-and-round", r"the connection failed \(TooManyRedirects\)"),
    ],
)
def test_when_no_mirror_is_good_one_line_says_why(use, online, bad, said):
    use(bad)
    with pytest.raises(FetchError, match=said) as caught:
        download.fetch(online)
    message = str(caught.value)
    assert message.startswith("Required: a mirror that serves MNIST's train-images")
    assert "MNISTLIB_DATA" in message
    assert "\n" not in message
    assert visible(online) == []


def test_a_mirror_without_end_is_left_after_what_a_file_may_have(use, mirrors, online):
    use("endless")
    with pytest.raises(FetchError):
        download.fetch(online)
    time.sleep(0.5)
    assert mirrors.sent < 20_000_000  # most of it in the system's buffers


def test_a_mirror_that_slows_down_is_given_up_in_the_end(use, online, monkeypatch):
    """Its mean speed stays good for long."""
    monkeypatch.setattr(download, "FILE_SECONDS", 1.0)
    monkeypatch.setattr(mnist.IdxFile, "most_bytes", 10_000_000)
    use("slowing")
    with pytest.raises(FetchError, match=r"too slow \(5[0-9]{2},[0-9]{3} bytes in 1 s\)"):
        download.fetch(online)


def test_a_small_gzip_file_of_many_bytes_is_not_unpacked_whole(tmp_path, tiny_contents):
    """A hundred million zeros take 0.1 MB, and must not take the memory."""
    packed = gzip.compress(bytes(100_000_000))
    tracemalloc.start()
    with pytest.raises(
        DataError, match=r"at most 1,000,000 bytes\. Received: x is too long"
    ):
        idx.decompress(packed, "x", 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_failure_keeps_whole_files_and_the_second_try_goes_on(use, mirrors, online):
    use("once")
    with pytest.raises(FetchError, match="HTTP 503"):
        download.fetch(online)
    assert visible(online) == [NAMES[0]]
    use("good")
    download.fetch(online)
    assert visible(online) == sorted(NAMES)
    assert mirrors.got("good") == [f"{name}.gz" for name in NAMES[1:]]


@pytest.mark.parametrize("change", ["wrong byte", "truncated", "empty", "corrupt gzip"])
def test_a_broken_file_in_the_cache_is_fetched_anew(
    use, mirrors, online, tiny_folder, tiny_contents, change
):
    use("good")
    tiny_folder.rename(online)
    path, content = online / NAMES[2], tiny_contents[NAMES[2]]
    if change == "corrupt gzip":
        path.unlink()
        path.with_name(path.name + ".gz").write_bytes(b"\x1f\x8b\x08nonsense")
    else:
        broken = {
            "wrong byte": content[:-1] + b"?",
            "truncated": content[:-9],
            "empty": b"",
        }
        path.write_bytes(broken[change])
    assert data.load("mnist").source.startswith("downloaded from 127.0.0.1")
    assert mirrors.got("good") == [f"{NAMES[2]}.gz"]
    assert path.read_bytes() == content


def test_what_a_killed_process_left_is_cleared_away(use, online):
    use("good")
    online.mkdir()
    (online / f".{NAMES[0]}.abc.tmp").write_bytes(b"half")
    download.fetch(online)
    assert visible(online) == sorted(NAMES)


# --- no network -------------------------------------------------------------------------


def refusing_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_offline_forbids_the_network(use, mirrors, online, monkeypatch):
    use("good")
    monkeypatch.setenv("MNISTLIB_OFFLINE", "1")
    with pytest.raises(
        FetchError,
        match=r"^Required: the network.*: MNISTLIB_OFFLINE='1', .* MNISTLIB_DATA\.$",
    ):
        download.fetch(online)
    assert mirrors.served == []
    assert not online.exists()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("true", True), ("0", False), ("", False), ("No", False)],
)
def test_what_counts_as_offline(monkeypatch, value, expected):
    monkeypatch.setenv("MNISTLIB_OFFLINE", value)
    assert download.is_offline() is expected


def test_refused_connections_are_no_network(online, monkeypatch):
    hosts = [f"127.0.0.1:{refusing_port()}" for _ in range(2)]
    monkeypatch.setattr(download, "MIRRORS", tuple(f"http://{host}/" for host in hosts))
    with pytest.raises(
        FetchError, match=r"^Required: a network on which a mirror"
    ) as caught:
        download.fetch(online)
    for host in hosts:
        assert f"{host}: no answer (ConnectionError)" in str(caught.value)
    assert not online.exists()


def test_a_network_that_swallows_everything_costs_one_wait_in_all(online, monkeypatch):
    """Three mirrors whose packets lead nowhere: they are asked at once, not in turn."""
    assert download.ANSWER_SECONDS == 2.0  # of the fixture; the real value is checked below
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        data.load("digits")  # what it costs to load them is not measured here
        swallowed = tuple(f"http://127.0.0.1:{port}/{i}/" for i in range(3))
        monkeypatch.setattr(download, "MIRRORS", swallowed)
        started = time.monotonic()
        dataset = data.load("auto")
        seconds = time.monotonic() - started
    assert dataset.is_fallback
    assert 2.0 <= seconds < 5.5


def test_a_stuck_name_server_does_not_hold_the_fallback_up(online, monkeypatch):
    """Name resolution knows no time-out of ours, so it happens in a thread left behind."""
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(30))
    started = time.monotonic()
    with pytest.raises(FetchError, match="no answer"):
        download.fetch(online)
    assert time.monotonic() - started < 5


def test_patience_leaves_room_in_ten_seconds():
    """The rest is for loading scikit-learn on a slow machine."""
    assert download.ANSWER_SECONDS <= 4


# --- disk -------------------------------------------------------------------------------


def test_full_disk(use, online, monkeypatch):
    """The kernel's own "no space left", by way of /dev/full."""
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    use("good")

    def on_a_full_disk(path, mode):
        path.touch()
        return open("/dev/full", "wb")

    with monkeypatch.context() as patch:
        patch.setattr(files, "open", on_a_full_disk, raising=False)
        with pytest.raises(
            FetchError, match=r"room for MNIST's 55 MB.*No space left"
        ) as caught:
            download.fetch(online)
    assert str(online) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert visible(online) == []
    download.fetch(online)
    assert visible(online) == sorted(NAMES)


def test_failure_of_the_last_step_leaves_nothing(use, online, monkeypatch):
    use("good")

    def fail(*_):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", fail)
        with pytest.raises(FetchError, match="Disk quota exceeded"):
            download.fetch(online)
    assert visible(online) == []


def test_a_download_by_another_that_does_not_end_is_told(use, online, monkeypatch):
    monkeypatch.setattr(download, "LOCK_SECONDS", 0.1)
    use("good")
    online.mkdir()
    with (
        filelock.FileLock(online / ".lock", is_singleton=False),
        pytest.raises(FetchError, match=r"one process at a time.*held .*\.lock for 0\.1 s"),
    ):
        download.fetch(online)


def test_a_file_system_without_locks_is_told(use, online, monkeypatch):
    def refuse(self):
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(filelock.FileLock, "_acquire", refuse)
    use("good")
    with pytest.raises(FetchError, match=r"can be written.*does not appear to support"):
        download.fetch(online)


def test_a_cache_folder_that_cannot_be_made(use, online):
    use("good")
    online.write_text("a file in the way")
    with pytest.raises(FetchError, match="Required: a folder that can be written"):
        download.fetch(online)


# --- processes --------------------------------------------------------------------------

SCRIPT = """
import json, resource, sys
from pathlib import Path
from mnistlib.data import download; from mnistlib.data import mnist
files, download.MIRRORS, folder, limit = json.loads(sys.stdin.readline())
mnist.FILES = tuple(mnist.IdxFile(**(f | {"shape": tuple(f["shape"])})) for f in files)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
print("ready", flush=True)
sys.stdin.readline()
try:
    print(len(download.fetch(Path(folder))))
except download.FetchError as error:
    sys.exit(str(error))
"""


def start_fetch(folder, *urls, limit=None, stderr=subprocess.PIPE):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "MNISTLIB_OFFLINE": "0"},
    )
    files = [dataclasses.asdict(file) for file in mnist.FILES]
    process.stdin.write(json.dumps([files, urls, str(folder), limit]) + "\n")
    process.stdin.flush()
    return process


def finish(*processes):
    """Let the processes go once all of them are ready; return (output, errors) of each."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=60) for process in processes]


def test_processes_that_fetch_at_once_do_not_harm_each_other(
    mirrors, tmp_path, tiny_contents
):
    folder = tmp_path / "cache"
    processes = [start_fetch(folder, mirrors.url("steady")) for _ in range(3)]
    results = finish(*processes)
    assert sorted(results) == [("0\n", ""), ("0\n", ""), ("1\n", "")]
    assert visible(folder) == sorted(NAMES)
    for name, content in tiny_contents.items():
        assert (folder / name).read_bytes() == content
    assert len(mirrors.got("steady")) == 4  # one process worked, the others waited


def test_a_process_killed_while_fetching_does_no_harm(mirrors, tmp_path):
    folder = tmp_path / "cache"
    process = start_fetch(folder, mirrors.url("stalled"))
    process.stdin.write("\n")
    process.stdin.flush()
    waited = time.monotonic() + 60
    while not mirrors.got("stalled") and time.monotonic() < waited:
        time.sleep(0.02)
    process.kill()
    process.communicate(timeout=60)
    assert mirrors.got("stalled")
    assert finish(start_fetch(folder, mirrors.url("good"))) == [("1\n", "")]
    assert visible(folder) == sorted(NAMES)


def test_a_write_that_the_system_cuts_short_leaves_nothing(mirrors, tmp_path):
    """A limit on the size of files stops the write half-way, as a full disk does."""
    pytest.importorskip("resource")
    folder = tmp_path / "cache"
    process = start_fetch(folder, mirrors.url("good"), limit=20_000)
    ((_, errors),) = finish(process)
    assert process.returncode == 1
    assert errors.startswith("Required: a folder that can be written")
    assert errors.count("\n") == 1
    assert visible(folder) == []


def test_nothing_is_drawn_when_nobody_watches(mirrors, tmp_path):
    assert finish(start_fetch(tmp_path / "cache", mirrors.url("good"))) == [("1\n", "")]


def test_a_progress_bar_is_drawn_on_a_terminal(mirrors, tmp_path):
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))  # a bar for no columns is empty
    process = start_fetch(tmp_path / "cache", mirrors.url("good"), stderr=theirs)
    finish(process)
    drawn = os.read(ours, 100_000).decode() if select.select([ours], [], [], 5)[0] else ""
    os.close(theirs)
    os.close(ours)
    assert "train-images-idx3-ubyte.gz" in drawn
    assert "B/s" in drawn
