"""The service over real HTTP: right answers, and one line for whatever else comes."""

import concurrent.futures
import contextlib
import io
import json
import logging
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib

import httpx
import numpy as np
import psutil
import pytest
from click.testing import CliRunner
from PIL import Image

from mnistlib.deploy import formats
from mnistlib.deploy.serve import Settings, run
from mnistlib.deploy.serve_address import is_local
from mnistlib.deploy.serve_pictures import MOST_PIXELS
from mnistlib.ground import machine, memory
from mnistlib.study.cli import main
from tests.processes import wait_for

PNG = {"Content-Type": "image/png"}


def picture(pixels: np.ndarray, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def service(start):
    with start() as running:
        yield running
        assert running.process.poll() is None  # nothing in these tests ended it


@pytest.fixture(scope="module")
def client(service):
    with httpx.Client(base_url=service.url, timeout=30) as one:
        yield one


@pytest.fixture(scope="module")
def expected(judge, onnx_file):
    """What the network's file says of the first test images, (50, 10)."""
    return formats.reader("onnx", onnx_file)(judge.images[:50])


def one_line(answer: httpx.Response) -> str:
    """Return the error of an answer: JSON, one line."""
    assert answer.headers["content-type"] == "application/json"
    (line,) = answer.json().values()
    assert "\n" not in line
    assert len(line) < 300
    return line


def test_an_image_of_mnist_reads_as_in_the_network(client, digits, expected):
    for i in (0, 1, 2):
        answer = client.post("/digits", content=picture(digits.x_test[i]), headers=PNG)
        assert answer.status_code == 200
        (digit,) = answer.json()["digits"]
        assert np.allclose(digit["probabilities"], expected[i], atol=1e-6)
        assert digit["digit"] == expected[i].argmax()
        assert digit["probability"] == max(digit["probabilities"])
        assert digit["box"] == [0, 0, 28, 28]
        assert answer.json()["text"] == str(digit["digit"])


def test_ink_on_paper_reads_like_chalk_on_a_board(client, digits, expected):
    dark = picture(255 - digits.x_test[0])
    (digit,) = client.post("/digits", content=dark, headers=PNG).json()["digits"]
    assert np.allclose(digit["probabilities"], expected[0], atol=1e-5)


def test_digits_of_a_larger_picture_are_found_in_order(client):
    """Two strokes on paper, as a JPEG: boxes where they are, one network call each."""
    paper = np.full((300, 500, 3), 240, np.uint8)
    paper[80:220, 100:116] = 30
    paper[80:220, 360:376] = 30
    answer = client.post(
        "/digits",
        content=picture(paper, "JPEG", quality=90),
        headers={"Content-Type": "image/jpeg; q=1"},
    )
    left, right = answer.json()["digits"]
    for digit, x in ((left, 100), (right, 360)):
        assert np.abs(np.subtract(digit["box"], (x, 80, 16, 140))).max() <= 6
        assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert answer.json()["text"] == f"{left['digit']}{right['digit']}"


def test_many_at_once_get_each_their_own_answer(service, digits, expected):
    def ask(i):
        sent = {"content": picture(digits.x_test[i]), "headers": PNG}
        return httpx.post(f"{service.url}/digits", timeout=60, **sent).json()["digits"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for i, (digit,) in enumerate(pool.map(ask, range(50))):
            assert np.allclose(digit["probabilities"], expected[i], atol=1e-5)


def header_of_a_bomb() -> bytes:
    """A PNG of 78 bytes that says it has 10^10 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    size = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def real_bomb() -> bytes:
    """64 million white pixels in some kilobytes."""
    file = io.BytesIO()
    Image.new("1", (8000, 8000), 1).save(file, "PNG")
    return file.getvalue()


def of_two_sizes() -> bytes:
    """A PNG whose head says MNIST's size, and then one of 64 million pixels."""
    small, large = picture(np.zeros((28, 28), np.uint8)), real_bomb()
    return small[:33] + large[8:]


def animated() -> bytes:
    frames = [Image.new("L", (40, 40), shade) for shade in (0, 128, 255)]
    file = io.BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    return file.getvalue()


# No picture of MNIST's own size, which is read without a process of its own.
DIGIT = picture(np.pad(np.full((40, 6), 255, np.uint8), 20))
NOISE = picture(np.random.default_rng(0).integers(0, 256, (90, 90), dtype=np.uint8))
BAD = {
    "nothing": (b"", 422, "0 other bytes"),
    "text": (b"hello", 422, "must be image/png"),
    "a header alone": (NOISE[:8], 422, "no known format"),
    "truncated": (NOISE[: len(NOISE) // 2], 422, "whole picture"),
    "damaged": (NOISE[:400] + b"\0" * 100 + NOISE[500:], 422, "whole picture"),
    "a blank page": (picture(np.full((99, 99), 255, np.uint8)), 422, "none was found"),
    "one pixel": (picture(np.zeros((1, 1), np.uint8)), 422, "8 pixels"),
    "a thin line": (picture(np.zeros((8, 9000), np.uint8)), 422, "none was found"),
    "animated": (animated(), 422, "one still picture"),
    "a bomb's header": (header_of_a_bomb(), 422, "million pixels"),
    "a bomb": (real_bomb(), 422, "million pixels"),
    "a bomb behind a small head": (of_two_sizes(), 422, "pixels"),
    "a GIF": (picture(np.zeros((50, 50), np.uint8), "GIF"), 422, "must be image/png"),
}


@pytest.mark.parametrize(("content", "status", "line"), BAD.values(), ids=BAD)
def test_a_bad_picture_is_one_line(client, content, status, line):
    answer = client.post("/digits", content=content, headers=PNG)
    assert answer.status_code == status
    assert line in one_line(answer)
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "image/gif", "x" * 5000, None]
)
def test_another_content_type_is_415(client, kind):
    answer = client.post(
        "/digits", content=NOISE, headers={"Content-Type": kind} if kind else {}
    )
    assert answer.status_code == 415
    assert "Content-Type image/png or image/jpeg. Received: " in one_line(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nope", 404), ("GET", "/digits", 405), ("DELETE", "/health", 405),
     ("POST", "/../../etc/passwd", 404), ("GET", "/docs", 404)],
)  # fmt: skip
def test_what_is_not_served_is_one_line(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert "POST a picture to /digits" in one_line(answer)


def test_too_many_bytes_are_refused_before_they_are_read(client, service):
    answer = client.post("/digits", content=bytes(9 * 2**20), headers=PNG)
    assert answer.status_code == 413
    assert one_line(answer) == "a picture must have at most 8 MB; make it smaller"

    def endless():
        for _ in range(40):
            yield bytes(2**18)

    answer = client.post("/digits", content=endless(), headers=PNG)
    assert answer.status_code == 413
    # Only said to be large: the answer comes before the body.
    sent = b"POST /digits HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
    assert raw(service, sent).startswith(b"HTTP/1.1 413")


def test_a_picture_has_at_most_16_million_pixels(client):
    for side, status in ((4000, 200), (4001, 422)):
        paper = np.full((side, side), 235, np.uint8)
        paper[1000:3000, 1900:2100] = 30
        answer = client.post("/digits", content=picture(paper), headers=PNG)
        assert answer.status_code == status
    assert "at most 16 million pixels. Received: picture (4001 x 4001)" in one_line(answer)


def raw(service, sent: bytes, seconds: float = 20) -> bytes:
    """Send bytes as they are; return all that comes until the connection is closed."""
    with socket.create_connection((service.host, service.port), timeout=seconds) as line:
        with contextlib.suppress(ConnectionError):  # it need not read all
            line.sendall(sent)
        return rest(line)


def rest(line: socket.socket) -> bytes:
    """Return all that comes until a connection is closed."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := line.recv(65536):
            received += part
    return received


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),  # TLS
        b"GET / HTTP/x\r\n\r\n",
        b"POST /digits HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /digits HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /digits HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["words", "tls", "version", "negative", "letters", "chunks"],
)
def test_what_is_no_http_is_refused(service, client, sent):
    assert raw(service, sent).startswith(b"HTTP/1.1 400")
    assert client.get("/health").status_code == 200


def test_an_endless_address_is_cut_off(service, client):
    answer = raw(service, b"GET /" + b"a" * 5_000_000)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert client.get("/health").status_code == 200


def test_a_client_that_leaves_harms_nobody(service, client):
    head = b"POST /digits HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    for body in (b"Content-Length: 5000\r\n\r\nhalf", b"Content-Length: 4\r\n\r\nhalf"):
        for _ in range(100):  # more than are answered at a time
            with socket.create_connection((service.host, service.port)) as line:
                line.sendall(head + body)
    wait_for(lambda: client.post("/digits", content=b"x", headers=PNG).status_code == 422)


def test_a_slow_client_is_told(start):
    with start(body_seconds=0.5) as service:
        head = b"POST /digits HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"
        answer = raw(service, head + b"slow")
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"must arrive within 0.5 seconds" in answer


def test_a_full_service_says_when_to_come_back(start):
    with start(most_requests=1) as service:
        with socket.create_connection((service.host, service.port)) as line:
            line.sendall(b"POST /digits HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")

            def refused():
                answer = httpx.post(f"{service.url}/digits", content=NOISE, headers=PNG)
                return answer if answer.status_code == 503 else None

            answer = wait_for(refused)
            assert answer.headers["retry-after"] == "1"
            assert one_line(answer).startswith("at most 1 requests at a time")
            assert httpx.get(f"{service.url}/health").status_code == 200
        wait_for(lambda: not refused())


def test_reading_that_takes_too_long_is_given_up(start):
    with start(work_seconds=1e-6) as service:
        answer = httpx.post(f"{service.url}/digits", content=NOISE, headers=PNG)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert "took more than" in one_line(answer)


def half_a_picture(service, body: bytes) -> socket.socket:
    """Return a connection that has sent half of a request."""
    head = "POST /digits HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: "
    line = socket.create_connection((service.host, service.port), timeout=20)
    line.sendall(head.encode() + f"{len(body)}\r\n\r\n".encode() + body[:50])
    time.sleep(0.5)
    return line


def test_a_stop_lets_a_request_in_flight_finish(start, digits):
    body = picture(digits.x_test[0])
    with start() as service:
        with half_a_picture(service, body) as line:
            service.process.send_signal(signal.SIGTERM)

            def closed():
                try:
                    socket.create_connection((service.host, service.port)).close()
                except ConnectionRefusedError:
                    return True

            wait_for(closed)
            line.sendall(body[50:])
            assert rest(line).startswith(b"HTTP/1.1 200")
        assert service.process.wait(20) == 0
        assert service.process.stderr.read() == ""


def test_a_stop_cuts_off_what_takes_longer(start):
    with start(stop_seconds=1, body_seconds=60) as service:
        with half_a_picture(service, NOISE) as line:
            started = time.monotonic()
            service.process.send_signal(signal.SIGTERM)
            answer = rest(line)
            assert answer.startswith(b"HTTP/1.1 503")
            assert b"the service stops; try again" in answer
        assert service.process.wait(20) == 1
        assert time.monotonic() - started >= 1
        assert (
            service.process.stderr.read()
            .splitlines()[-1]
            .endswith(
                "a stop waits 1 seconds for requests in flight. "
                "Received: 1 that took longer, and were answered with status 503"
            )
        )


def test_a_second_signal_does_not_wait(start):
    with start(stop_seconds=60, body_seconds=60) as service:
        children = psutil.Process(service.process.pid).children(recursive=True)
        with half_a_picture(service, NOISE):
            for _ in range(2):
                service.process.send_signal(signal.SIGINT)
                time.sleep(0.3)
            service.process.wait(20)
        wait_for(lambda: all(map(has_ended, children)))


def test_a_stop_waits_for_no_thread_of_the_network(start, heavy_file):
    """One layer takes far longer than a request, and than the test waits."""
    # Of MNIST's size: it goes to the network at once, however long processes take to start.
    content = picture(np.full((28, 28), 255, np.uint8))
    with start(heavy_file(400, 0, 27), work_seconds=1, stop_seconds=1) as service:
        answer = httpx.post(
            f"{service.url}/digits", content=content, headers=PNG, timeout=30
        )
        assert answer.status_code == 503
        assert "took more than 1 seconds" in one_line(answer)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(20) == 0  # nobody was cut off
        assert service.process.stderr.read() == ""


def post(service, content: bytes) -> int:
    """Return the status of the answer to a picture."""
    sent = {"content": content, "headers": PNG, "timeout": 30}
    return httpx.post(f"{service.url}/digits", **sent).status_code


def has_ended(process: psutil.Process) -> bool:
    """Tell whether a process computes no more; its parent may not have asked yet."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() == psutil.STATUS_ZOMBIE
    return True


def test_pictures_that_take_too_long_keep_nobody_else_waiting(start):
    """Each is ended with the process that reads it; no process stays behind."""
    large = picture(np.full((4000, 4000, 4), 200, np.uint8), compress_level=1)
    with start(work_seconds=0.2) as service:
        wait_for(lambda: post(service, DIGIT) == 200)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda one: post(service, one), [large] * 8))
        assert 503 in statuses
        wait_for(lambda: post(service, DIGIT) == 200)
        processes = psutil.Process(service.process.pid).children()
        # One a core, and Python's own that looks after what they share.
        assert len(processes) <= machine.cores() + 1


def test_no_process_outlives_the_service(start):
    with start() as service:
        wait_for(lambda: post(service, DIGIT) == 200)
        children = psutil.Process(service.process.pid).children(recursive=True)
        assert children
        service.process.kill()
        wait_for(lambda: all(map(has_ended, children)))


def test_nothing_is_written_and_no_backend_is_loaded(onnx_file, tmp_path, digits):
    """Also the ways that fail: files would be left by what is refused."""
    code = f"""
import os, sys
from pathlib import Path
from fastapi.testclient import TestClient
from mnistlib.deploy.serve import Settings, make_app
with TestClient(make_app(Settings(Path({str(onnx_file)!r})))) as client:
    for path in sys.argv[1:]:
        content = Path(path).read_bytes()
        print(client.post("/digits", content=content, headers={PNG!r}).status_code)
heavy = ("tensorflow", "keras", "pandas", "matplotlib", "sklearn", "scipy", "onnx")
print([name for name in heavy if name in sys.modules])
"""
    given, home = tmp_path / "given", tmp_path / "home"
    given.mkdir(), home.mkdir()
    files = {"good": picture(digits.x_test[0]), "bad": NOISE[:500], "bomb": real_bomb()}
    for name, content in files.items():
        (given / name).write_bytes(content)
    folders = {name: str(home) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", code, *(str(given / name) for name in files)],
        capture_output=True,
        text=True,
        cwd=home,
        env={"PYTHONDONTWRITEBYTECODE": "1"} | folders,
    )
    assert done.stdout.split("\n", 3) == ["200", "422", "422", "[]\n"], done.stderr
    assert list(home.rglob("*")) == []


def test_the_version_says_which_network_answers(client, onnx_file):
    version = client.get("/version").json()
    entry = json.loads((onnx_file.parent / "manifest.json").read_text())["files"]
    assert version["model"]["sha256"] == entry[onnx_file.name]["sha256"]
    assert version["model"]["accuracy"] == entry[onnx_file.name]["accuracy"]
    assert version["mnistlib"]


def test_the_pages_need_no_other_host(client):
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    # The example's address is the only one.
    assert re.findall(r"https?://\S*", page.text) == ["http://…/digits</pre>"]
    schema = client.get("/openapi.json").json()
    post = schema["paths"]["/digits"]["post"]
    assert set(post["requestBody"]["content"]) == {"image/png", "image/jpeg"}
    assert {"200", "408", "413", "415", "422", "503"} == set(post["responses"])
    assert "/digits" in page.text
    assert "at most 8 MB and\n16 million pixels" in page.text


def test_the_help_states_the_limits(onnx_file):
    text = " ".join(CliRunner().invoke(main, ["serve", "--help"]).output.split())
    settings = Settings(onnx_file)
    assert f"at most {MOST_PIXELS / 10**6:g} million pixels" in text
    assert f"does not arrive within {settings.body_seconds:g} seconds" in text
    assert f"cannot be read within {settings.work_seconds:g} seconds" in text
    assert f"requests in flight {settings.stop_seconds:g} seconds to finish" in text


def command(*words) -> subprocess.CompletedProcess:
    line = [sys.executable, "-m", "mnistlib.study.cli", "serve", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60)


def test_what_cannot_be_started_is_one_line(onnx_file, tmp_path, service):
    changed = tmp_path / onnx_file.name
    changed.write_bytes(onnx_file.read_bytes()[:-1] + b"x")
    other = tmp_path / "text.onnx"
    other.write_text("no network")
    ours = ["--model", onnx_file]
    cases = {
        "`mnistlib export` makes one": ["--model", tmp_path / "none.onnx"],
        "must be an ONNX network": ["--model", other],
        f"127.0.0.1:{service.port} (": [*ours, "--port", service.port],
        "192.0.2.1:8000 (Cannot assign requested address); choose": (
            [*ours, "--host", "192.0.2.1"]
        ),
        "Received: [2001:db8::1]:8000 (": [*ours, "--host", "2001:db8::1"],
        "Received: ..:8000 (": [*ours, "--host", ".."],
    }
    for line, words in cases.items():
        done = command(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1
        assert line in done.stderr
    (tmp_path / "manifest.json").write_bytes(
        (onnx_file.parent / "manifest.json").read_bytes()
    )
    assert "the SHA-256 of the manifest beside it" in command("--model", changed).stderr


def test_requests_that_do_not_fit_are_one_line(onnx_file, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**9)
    done = CliRunner().invoke(main, ["serve", "--port", "0", "--model", str(onnx_file)])
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "must fit into memory. Received: 64 of 8 MB" in done.stderr


def test_a_start_that_fails_is_an_error(onnx_file):
    """As where the system gives no process; the address is taken before."""
    code = (
        "import sys; from pathlib import Path; from mnistlib.deploy import serve\n"
        "def none(*_): raise OSError('no more processes')\n"
        "serve.Workers = none\n"
        "from mnistlib.study import cli\n"
        "cli.main(['serve', '--port', '0', '--model', sys.argv[1]])"
    )
    line = [sys.executable, "-c", code, str(onnx_file)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "OSError: no more processes" in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("mnistlib: error: the service must be able to start.")


def test_only_what_is_said_in_our_words_is_dropped(onnx_file, monkeypatch, caplog):
    import uvicorn

    def said(self, sockets):
        self.started = True
        log = logging.getLogger("uvicorn.error")
        log.error("Cancel %s running task(s), timeout graceful shutdown exceeded", 3)
        log.error("no graceful end")
        sockets[0].close()

    monkeypatch.setattr(uvicorn.Server, "run", said)
    # Its own set-up hands nothing on.
    monkeypatch.setattr(uvicorn.Config, "configure_logging", lambda self: None)
    run(Settings(onnx_file, port=0), lambda line: None)
    assert caplog.messages == ["no graceful end"]


def test_the_command_serves_until_it_is_stopped(onnx_file):
    line = [sys.executable, "-m", "mnistlib.study.cli", "serve", "--port", "0"]
    process = subprocess.Popen(
        [*line, "--model", onnx_file], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    url = re.search(rb"http://127\.0\.0\.1:\d+/", process.stdout.readline())[0].decode()
    assert httpx.get(f"{url}health").status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == 0


def test_answers_do_not_wait_for_the_client(onnx_file, monkeypatch):
    """Without the option, each of a connection's answers but the first takes 40 ms more."""
    import uvicorn

    given = []

    def started(self, sockets):
        self.started = True
        given.extend(sockets)

    monkeypatch.setattr(uvicorn.Server, "run", started)
    run(Settings(onnx_file, port=0), lambda line: None)
    (listening,) = given
    with listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert listening.getsockname()[0] == "127.0.0.1"


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6: switch it on")
def test_an_address_may_be_of_ipv6(start, digits):
    with start(host="::1") as service:
        assert service.host == "::1"
        url = f"http://[::1]:{service.port}/digits"
        answer = httpx.post(url, content=picture(digits.x_test[0]), headers=PNG)
        assert answer.status_code == 200


def test_an_address_is_known_to_be_this_machines():
    assert all(map(is_local, ("127.0.0.1", "127.8.0.1", "::1", "localhost")))
    assert not any(map(is_local, ("0.0.0.0", "::", "192.0.2.1", "example.org")))


def test_who_serves_a_network_is_warned(onnx_file, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("mnistlib.deploy.serve.run", lambda _, say: say("serving"))
    words = ["serve", "--model", str(onnx_file)]
    there = CliRunner().invoke(main, [*words, "--host", "0.0.0.0"])
    warning = "mnistlib: WARNING: whoever can reach 0.0.0.0 can use"
    assert there.output.startswith(f"serving\n{warning}")
    assert CliRunner().invoke(main, words).output == "serving\n"


def test_a_missing_extra_is_one_line(onnx_file):
    """As an install without it is: the package cannot be found."""
    code = (
        "import importlib.util, sys; find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *a: None if n == 'uvicorn' else find(n, *a)\n"
        "from mnistlib.study.cli import main; main(['serve'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        'mnistlib: error: mnistlib serve needs the extra "serve". Received: an install '
        "without uvicorn. Run: pip install -e '.[serve]'\n"
    )
