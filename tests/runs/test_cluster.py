"""Runs on a real Dask cluster: a scheduler and workers in processes of their own."""

import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import psutil
import pytest
from click.testing import CliRunner

from bench.fault_kills import NETWORK
from mnistlib.ground.errors import RunError
from mnistlib.runs import cluster, collect
from mnistlib.runs.failures import failures
from mnistlib.runs.retrain import difference
from mnistlib.runs.store import Store
from mnistlib.study import cli
from mnistlib.training.spec import grid
from tests.processes import FOREST, hear_signals, wait_for

pytest.importorskip("distributed", reason="needs the extra: cluster")


class Cluster:
    """A scheduler and workers, started as the book's page says."""

    def __init__(self, folder: Path):
        self.folder, self.processes = folder, []
        folder.mkdir()
        self.scheduler = self.start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"
        )
        log = folder / "0.log"
        self.address = wait_for(
            lambda: re.search(r"Scheduler at:\s+(tcp://\S+)", log.read_text())
        )[1]

    def start(self, *command: str, before: str = "") -> subprocess.Popen:
        module = f"distributed.cli.dask_{command[0]}"
        code = f"{before}\nfrom {module} import main\nmain()"
        log = self.folder / f"{len(self.processes)}.log"
        with open(log, "w") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", code, *command[1:]],
                stdout=file,
                stderr=file,
                cwd=self.folder,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self, threads: int = 1, before: str = "") -> subprocess.Popen:
        """Start a worker without a nanny, so that a killed one stays away."""
        count = ["--nthreads", str(threads), "--no-nanny", "--no-dashboard"]
        local = ["--memory-limit", "0", "--local-directory", str(self.folder)]
        return self.start("worker", self.address, *count, *local, before=before)

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTLIB_PROGRESS", "off")
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path / "root"))


@pytest.fixture
def start(tmp_path):
    """Start one scheduler with no worker; stop it and its workers at the end."""
    there = Cluster(tmp_path / "cluster")
    yield there
    there.stop()


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A cluster of two workers for the tests that leave it as it was."""
    there = Cluster(tmp_path_factory.mktemp("two") / "cluster")
    there.worker()
    there.worker()
    yield there
    there.stop()


def in_background(specs, store, address) -> tuple[threading.Thread, list]:
    """Start `collect` in a thread; return it and where its error will be."""
    errors: list = []

    def run() -> None:
        try:
            collect(specs, store=store, scheduler=address)
        except RunError as error:
            errors.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


@pytest.mark.slow
def test_the_records_are_those_of_this_machine(tmp_path, two):
    """Networks and a baseline; the workers write nothing, the records come back."""
    specs = [*grid(NETWORK, seed=[0, 1]), FOREST]
    far = collect(specs, store=tmp_path / "far", scheduler=two.address)
    near = collect(specs, store=tmp_path / "near", workers=0)
    assert far.keys == near.keys and far.store.verify() == {}
    for key in near.keys:
        one, other = near.store.with_arrays(key), far.store.with_arrays(key)
        assert difference(one, other) == ""
        for name in ("predictions", "probabilities", "test_index"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        for part in ("train", "val", "test"):
            assert getattr(one, part) == getattr(other, part)
        assert 50 < other.environment["peak_memory_mb"] < 1200


def test_a_run_that_raises_is_noted_and_the_others_stored(tmp_path, two):
    bad = FOREST.model_copy(update={"model_args": {"max_depth": -5}})
    store = Store(tmp_path / "runs")
    with pytest.raises(RunError, match=r"1 of 2 runs failed .*InvalidParameterError"):
        collect([bad, FOREST], store=store, scheduler=two.address)
    assert len(store.keys()) == 1
    assert failures(store)[0].detail.startswith("Traceback")


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(tmp_path, two):
    """SIGKILL in the middle of a run, without a nanny: the others do it again."""
    third = psutil.Process(two.worker().pid)
    log = two.folder / f"{len(two.processes) - 1}.log"
    wait_for(lambda: "Registered" in log.read_text())
    store, specs = Store(tmp_path / "runs"), grid(FOREST, seed=list(range(10)))
    thread, errors = in_background(specs, store, two.address)
    wait_for(lambda: len(store.keys()) >= 1)
    busy = third.cpu_times().user
    wait_for(lambda: third.cpu_times().user > busy + 0.1)  # it is inside a run
    assert len(store.keys()) < 10
    third.send_signal(signal.SIGKILL)
    thread.join(120)
    assert not thread.is_alive() and errors == []
    assert len(store.keys()) == 10 and store.verify() == {} and failures(store) == []


@pytest.mark.slow
def test_a_lost_scheduler_is_told_and_what_is_done_stays(tmp_path, start, two):
    start.worker()
    store, specs = Store(tmp_path / "runs"), grid(FOREST, seed=list(range(30)))
    thread, errors = in_background(specs, store, start.address)
    wait_for(lambda: len(store.keys()) >= 2)
    start.scheduler.kill()
    thread.join(60)
    assert not thread.is_alive()
    kept = store.keys()
    assert 2 <= len(kept) < 30 and store.verify() == {}
    (error,) = errors
    assert re.fullmatch(
        r"the Dask scheduler must stay until all runs are done\. Received: "
        rf"{start.address} went away with \d+ of 30 runs to do \(\w+\); finished runs are "
        "stored: start it again and give the same command",
        error,
    )
    # The same call goes on from there.
    done = [store.get(key).spec for key in kept]
    rest = [spec for spec in specs if spec not in done]
    found = collect([*done, rest[0]], store=store, scheduler=two.address)
    assert len(found.frame) == len(store.keys()) == len(kept) + 1


def test_a_run_that_kills_every_worker_is_given_up(tmp_path, monkeypatch):
    """The scheduler allows no second try here, so that one worker is enough to show it."""
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    deadly = (
        "import os, signal, mnistlib.runs.job as j\n"
        "j.execute = lambda spec, data: os.kill(os.getpid(), signal.SIGKILL)"
    )
    there = Cluster(tmp_path / "cluster")
    try:
        there.worker(before=deadly)
        store = Store(tmp_path / "runs")
        with pytest.raises(RunError, match=r"1 of 1 runs failed .*died while they ran it"):
            collect([FOREST], store=store, scheduler=there.address)
        assert failures(store)[0].attempts == 1
    finally:
        there.stop()


# Errors at the start: one line each, before anything is trained.


def test_unfit_workers_are_refused(tmp_path, start, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "WORKER_SECONDS", 1)
        with pytest.raises(RunError, match=r"must have workers\. Received: .*none in 1 s"):
            cluster.check(start.address)
    start.worker(threads=2)
    start.worker(before="import mnistlib; mnistlib.__version__ = '0.0.1'")
    start.worker(before="import sys; sys.modules['mnistlib'] = None")
    logs = [start.folder / f"{i}.log" for i in (1, 2, 3)]
    wait_for(lambda: all("Registered" in log.read_text() for log in logs))
    with pytest.raises(RunError, match="a worker must be fit for runs") as caught:
        collect([FOREST], store=tmp_path / "runs", scheduler=start.address)
    message = str(caught.value)
    assert "\n" not in message and Store(tmp_path / "runs").keys() == []
    assert "has 2 threads; start it with --nthreads 1" in message
    assert re.search(r"has mnistlib 0\.0\.1 \(here: \S+\); give both the same", message)
    assert re.search(r"mnistlib\S* .*\(is the same mnistlib installed there\?\)", message)


def test_study_tells_a_scheduler_that_does_not_answer(tmp_path, monkeypatch):
    """Before any notebook is started; nothing listens on port 1."""
    monkeypatch.delenv("MNISTLIB_ROOT")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 2)
    command = ["study", "--profile", "smoke", "--output", str(tmp_path), "--scheduler"]
    result = CliRunner().invoke(cli.main, [*command, "tcp://127.0.0.1:1"])
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "mnistlib: error: a Dask scheduler must answer at the address given. Received: "
        "scheduler='tcp://127.0.0.1:1' (str): no answer in 2 s; start one with "
        "`dask scheduler`"
    ]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "ValueError: missing port number"),
        ("", "ValueError: missing port number"),
        ("tcp://127.0.0.1", "ValueError: missing port number"),
        ("tcp://127.0.0.1:port", "ValueError: invalid literal"),
        ("tcp://127.0.0.1:99999", "no answer in 1 s"),
        ("tcp://nohost.invalid:8786", "gaierror: "),
        ("ftp://a:1", "ValueError: unknown address scheme 'ftp'"),
        ("http://127.0.0.1:8787", "ValueError: unknown address scheme 'http'"),
        ("tls://127.0.0.1:1", "TypeError: TLS expects a `ssl_context`"),
    ],
)
def test_an_address_that_is_none_is_told(address, said, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    assert f"scheduler={address!r} (str): {said}" in refusal(address)


def refusal(address: str) -> str:
    started = time.monotonic()
    with pytest.raises(RunError, match=r"^a Dask scheduler must answer at the") as caught:
        cluster.check(address)
    assert time.monotonic() - started < 15  # Dask's client alone takes minutes
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Listener(socketserver.ThreadingTCPServer):
    """Something that listens and is no scheduler; it says one thing, or nothing."""

    daemon_threads, block_on_close = True, False

    def __init__(self, says: bytes | None):
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.says, self.accepted = says, threading.Event()
        self.address = f"tcp://127.0.0.1:{self.server_address[1]}"

    def process_request(self, request, _) -> None:
        self.accepted.set()
        if self.says:
            request.sendall(self.says)
        if self.says == b"":
            self.shutdown_request(request)
        self.kept = request  # else it is closed


@contextmanager
def served(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("says", "said"),
    [
        (None, r"no answer in 1 s"),
        (b"", r"no answer in 1 s|CommClosedError: .+"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", r"\w+: .+|no answer in 1 s"),
        (bytes(range(256)) * 20, r"\w+: .+"),
    ],
    ids=["silent", "closes", "speaks HTTP", "garbage"],
)
def test_what_listens_and_is_no_scheduler_is_told(says, said, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with served(Listener(says)) as listener:
        message = refusal(listener.address)
    assert re.search(rf"\(str\): ({said}); start one with `dask scheduler`$", message)


def test_a_web_server_is_told(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with served(ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)) as web:
        web.daemon_threads, web.block_on_close = True, False
        message = refusal(f"tcp://127.0.0.1:{web.server_port}")
    assert "no answer in 1 s" in message


def test_a_workers_address_is_told(two):
    log = two.folder / "1.log"
    wait_for(lambda: "Registered" in log.read_text())
    address = re.search(r"worker at:\s+(tcp://\S+)", log.read_text())[1]
    assert "(str), where a Worker answers; give the address that" in refusal(address)


def test_a_stuck_name_server_does_not_hold_it_up(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(cluster.socket, "getaddrinfo", lambda *_, **__: time.sleep(30))
    assert "no answer in 1 s" in refusal("tcp://somewhere:8786")


def test_ctrl_c_ends_the_wait_for_a_silent_address_at_once(tmp_path):
    with served(Listener(None)) as listener:
        command = [sys.executable, "-m", "mnistlib.study.cli", "study"]
        study = subprocess.Popen(
            [
                *command,
                *("--profile", "smoke", "--output", str(tmp_path / "out")),
                *("--scheduler", listener.address),
            ],
            env={k: v for k, v in os.environ.items() if k != "MNISTLIB_ROOT"},
            cwd=Path(cluster.__file__).parents[2],
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_signals,
        )
        assert listener.accepted.wait(60)
        study.send_signal(signal.SIGINT)
        errors = study.communicate(timeout=60)[1]
    assert study.returncode == 130  # 1 were it the end of the wait
    assert errors.startswith("mnistlib: stopped.") and errors.count("\n") == 1


def test_a_frozen_worker_is_told(start, monkeypatch):
    worker = start.worker()
    wait_for(lambda: "Registered" in (start.folder / "1.log").read_text())
    worker.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 1)
    with pytest.raises(RunError, match=r"be fit for runs.*does not answer in 1 s; start"):
        cluster.check(start.address)


def test_a_missing_package_is_told_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        RunError, match=r"install the extra: pip install -e \"\.\[cluster\]"
    ):
        cluster.check("tcp://127.0.0.1:1")


def test_the_variable_names_the_scheduler(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    monkeypatch.setenv("MNISTLIB_SCHEDULER", "tcp://127.0.0.1:1")
    with pytest.raises(RunError, match="must answer"):
        collect([FOREST], store=tmp_path)
    assert Store(tmp_path).keys() == []
