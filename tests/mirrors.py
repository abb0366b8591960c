"""A web server on this machine that plays good and bad mirrors of MNIST.

The first part of a path says how the mirror behaves, as in http://127.0.0.1:1234/good/.
"""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@cache
def _bomb() -> bytes:
    """Return a gzip file that is smaller than the tiny data and holds 45 MB of zeros."""
    return gzip.compress(bytes(45_000_000))


class Mirrors(ThreadingHTTPServer):
    """The server; `contents` maps file names, without .gz, to decompressed bytes."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, contents: dict[str, bytes]):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.contents = contents
        self.served: list[tuple[str, str]] = []
        self.closing = threading.Event()
        self.sent = 0  # bytes of bodies without end

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
            case "in-parts":  # gzip files one after the other are one gzip file
                half = len(content) // 2
                self._send(gzip.compress(content[:half]) + gzip.compress(content[half:]))
            case "endless":
                self._send_on(packed[:9] + bytes(range(256)) * 40, pause=0)
            case "slowing":  # quick enough on the whole, and never done
                self._send_on(content + bytes(500_000), pause=0.05, then=b"?")
            case "bomb":
                self._send(_bomb())
            case "encoded-bomb":
                self._send(_bomb(), encoding="gzip")
            case "no-length":
                self._send(packed, length="nonsense")
            case "round-and-round":
                self.send_response(302)
                self.send_header("Location", self.path)
                self.end_headers()
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

    def _send_on(self, body, pause, then=None):
        """Send without end, as long as the other side listens."""
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):  # it listens no more
            while not self.server.closing.wait(pause):
                self.wfile.write(body)
                self.server.sent += len(body)
                body = then or body

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
