"""A full disk, a read-only folder, and a disk without hard links: real ones."""

import json
import os
import resource
import subprocess
import sys

import pytest

from bench.fault_disk import measure, namespace
from bench.fault_kills import tiny_specs
from mnistlib import data
from mnistlib.ground.errors import MnistlibError
from mnistlib.runs import collect
from mnistlib.runs.failures import failures
from mnistlib.runs.store import Store

needs_mounts = pytest.mark.skipif(
    namespace() is None, reason="needs the right to mount in a namespace of its own"
)


@needs_mounts
def test_full_and_read_only_disks(tmp_path):
    found = measure(tmp_path, 3)
    full = found["full_disk"]
    assert full["full_disks"] == full["complaints"] == 3
    assert full["lines"] == 1
    assert (full["half_written"], full["lost"], full["unfinished"]) == (0, 0, 0)
    assert full["finished"] >= 1
    read_only = found["read_only"]
    assert read_only["read"] == read_only["whole"] == 4
    for said in read_only["complaints"].values():
        assert "must be a folder that can be written" in said
        assert "Read-only file system" in said
        assert "\n" not in said


def test_a_write_that_breaks_off_leaves_nothing(tmp_path):
    """The system refuses to let files grow past a size: no right to mount is needed."""

    def limited() -> str:
        kind = resource.RLIMIT_FSIZE
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (1000, hard))
        try:
            collect(tiny_specs(2), store=tmp_path, workers=0)
        except MnistlibError as error:
            return str(error)
        return ""

    said = in_a_child(limited)
    assert "cannot be written to" in said
    assert "File too large" in said
    assert "\n" not in said
    assert list(tmp_path.glob("??/*")) == []
    collect(tiny_specs(2), store=tmp_path, workers=0)
    assert len(Store(tmp_path).keys()) == 2


WITH_WORKERS = """
import psutil, resource, sys
from bench.fault_kills import tiny_specs
from mnistlib.ground.errors import StoreError
from mnistlib.runs import collect

collect(tiny_specs(1), store=sys.argv[1], workers=2)  # the workers' data are in place
kind = resource.RLIMIT_FSIZE
for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
    resource.prlimit(process.pid, kind, (1000, resource.getrlimit(kind)[1]))
try:
    collect(tiny_specs(200), store=sys.argv[1], workers=2)
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
def test_a_sweep_with_workers_stops_when_nothing_can_be_stored(tmp_path):
    """It trains no more, and what was stored before goes on from there."""
    done = subprocess.run(
        [sys.executable, "-c", WITH_WORKERS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"MNISTLIB_PROGRESS": "off"},
    )
    (said,) = done.stdout.splitlines()
    assert "cannot be written to" in said and "File too large" in said
    store = Store(tmp_path)
    assert len(store.keys()) == 1 and store.verify() == {} and failures(store) == []
    # A lock is taken before a run is trained: at most one a worker and one waiting for it.
    tried = {path.stem for path in (tmp_path / ".locks").glob("*.lock")}
    assert (
        len(tried & {spec.key(data.load("digits").sha256) for spec in tiny_specs(200)}) <= 7
    )


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_folder_without_rights_is_told(tmp_path, mode):
    """Root may write anywhere, so the child gives that right up first."""
    folder = tmp_path / "runs"
    stored = collect(tiny_specs(1), store=folder, workers=0)
    folder.chmod(mode)
    tmp_path.chmod(0o755)

    def restricted() -> str:
        for step in (tmp_path, *tmp_path.parents):
            if not step.stat().st_mode & 0o001 and os.getuid() == 0:
                step.chmod(step.stat().st_mode | 0o011)
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        try:
            collect(tiny_specs(3), store=folder, workers=0)
        except MnistlibError as error:
            return str(error)
        return ""

    said = in_a_child(restricted)
    folder.chmod(0o755)
    assert "the run store must be a folder that can be" in said
    assert "Permission denied" in said
    assert "\n" not in said
    assert Store(folder).keys() == stored.keys


def in_a_child(action) -> str:
    """Return what a function returns in a forked process."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, action().encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


WITHOUT_LINKS = """
import ctypes, errno, json, os, struct, sys
from bench.fault_kills import tiny_specs
from mnistlib.runs import collect
from mnistlib.runs.store import Store

# A filter of the kernel: the calls link (86) and linkat (265) of x86-64 answer EPERM, as
# they do on FAT. Everything else is allowed.
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
steps = [(0x20, 0, 0, 0), (0x15, 2, 0, 86), (0x15, 1, 0, 265), (6, 0, 0, ALLOW),
         (6, 0, 0, REFUSE)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 5, ctypes.addressof(code)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, program, 0, 0) == 0, os.strerror(ctypes.get_errno())
open(sys.argv[1] + "/a", "w").close()
try:
    os.link(sys.argv[1] + "/a", sys.argv[1] + "/b")
except PermissionError:
    refused = True
store = Store(sys.argv[1] + "/runs")
found = collect(tiny_specs(3), store=store, workers=0)
record = store.with_arrays(found.keys[0])

class Late(Store):
    def __contains__(self, key):
        return False

again = Late(store.folder).put(record)
print(json.dumps([refused, again, len(store.keys()), store.verify()]))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64",
    reason="the filter of system calls is written for Linux on x86-64",
)
def test_a_disk_without_hard_links_holds_records_too(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_LINKS, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"MNISTLIB_PROGRESS": "off"},
    )
    assert json.loads(done.stdout) == [True, False, 3, {}]
