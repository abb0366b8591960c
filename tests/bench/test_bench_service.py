"""The load test: it counts what is answered, and its peers do the same work."""

import http.server
import threading
import time

import numpy as np
import pytest

from bench import service
from bench.load import load
from mnistlib.deploy import sources
from mnistlib.deploy.export import Judge, export

ASKED = []


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers after 20 ms; every fourth time with 503."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(0.02)
        ASKED.append((self.path, body, self.headers["Content-Type"]))
        self.send_response(503 if len(ASKED) % 4 == 0 else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def test_load_counts_answers_and_waits():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        found = load(url, b"picture", "image/png", clients=3, seconds=0.5)
        server.shutdown()
    assert set(ASKED) == {("/digits", b"picture", "image/png")}
    assert found["refused"] == len(ASKED) // 4
    assert 20 <= found["p50"] <= found["p95"] <= found["p99"]
    assert 0 < found["per_second"] <= 3 / 0.02


@pytest.mark.slow
def test_the_ways_to_serve_read_alike(digits, tmp_path):
    onnx = str(
        export(Judge(sources.of_system("small"), digits), "onnx", "float32", tmp_path)
    )
    keras = str(service.bundle.folder_of("small") / service.bundle.MODEL)
    pictures = [service.as_file(image, "PNG") for image in digits.x_test[:10]]
    ours = ("mnistlib.study.cli", "serve", "--port", "0", "--model", onnx)
    flask = "bench.peers.flask_predict"
    read = []
    for command in (ours, (flask, "onnx", onnx), (flask, "keras", keras)):
        with service.started(*command) as url:
            read.append(service.texts(url, pictures))
    assert read[0] == read[1] == read[2]
    assert all(text.isdigit() and len(text) == 1 for text in read[0])


def test_a_service_that_cannot_start_is_an_error():
    with (
        pytest.raises(RuntimeError, match="ended with 1"),
        service.started("mnistlib.study.cli", "serve", "--model", "none.onnx"),
    ):
        pass


def test_the_photograph_is_dark_ink_on_paper(digits):
    from mnistlib.photos.files import decode

    photo = decode(service.photograph(digits.x_test[0]))
    assert photo.shape == (480, 640, 3)
    assert np.median(photo) > 200
    assert photo.min() < 90
