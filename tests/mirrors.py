"""A web server on this machine that plays good and bad mirrors of MNIST.

The first part of a path says how the mirror behaves, as in http://127.0.0.1:1234/good/.
"""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Mirrors(ThreadingHTTPServer):
    """The server; `contents` maps file names, without .gz, to decompressed bytes."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, contents: dict[str, bytes]):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.contents = contents
        self.served: list[tuple[str, str]] = []
        self.closing = threading.Event()

    def url(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"

    def got(self, behaviour: str) -> list[str]:
        """Names of the files that a mirror was asked for by GET, in order."""
        return [name for asked, name in self.served if asked == behaviour]


class _Handler(BaseHTTPRequestHandler):
    server: Mirrors

    def do_HEAD(self) -> None:
        if self.path.startswith("/silent/"):
            self.server.closing.wait()
            return
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        _, behaviour, name = self.path.split("/")
        self.server.served.append((behaviour, name))
        content = self.server.contents[name.removesuffix(".gz")]
        packed = gzip.compress(content)
        match behaviour:
            case "good":
                self._send(packed)
            case "steady":
                time.sleep(0.3)
                self._send(packed)
            case "unpacked":  # as servers do that declare gzip as a transfer encoding
                self._send(packed, encoding="gzip")
            case "wrong":  # one pixel or label differs
                self._send(gzip.compress(content[:-1] + bytes([content[-1] ^ 1])))
            case "damaged":
                self._send(packed[:-6] + b"\0\0" + packed[-4:])
            case "html":
                self._send(b"<html>Please log in to the hotel's network</html>")
            case "gone":
                self.send_error(404)
            case "broken-off":
                self._send(packed[: len(packed) // 2], length=len(packed))
            case "stalled":
                self._send(packed[:50], length=len(packed), then_wait=True)
            case "trickling":
                self._send(packed, pause=0.02)
            case "once":  # serves the first file, then nothing
                if len(self.server.got("once")) == 1:
                    self._send(packed)
                else:
                    self.send_error(503)

    def _send(self, body, length=None, encoding=None, pause=0.0, then_wait=False):
        self.send_response(200)
        self.send_header("Content-Length", str(length or len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        if not pause:
            self.wfile.write(body)
        else:
            for i in range(len(body)):
                if self.server.closing.is_set():
                    return
                self.wfile.write(body[i : i + 1])
                self.wfile.flush()
                time.sleep(pause)
        if then_wait:
            self.wfile.flush()
            self.server.closing.wait()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@contextmanager
def serving(contents: dict[str, bytes]) -> Iterator[Mirrors]:
    server = Mirrors(contents)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
