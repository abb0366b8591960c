"""Limits of the service: bytes, seconds to send them, requests at a time, and a stop."""

import asyncio
import json

from mnistlib.deploy.serve_pictures import MOST_MEMORY
from mnistlib.ground import machine, memory
from mnistlib.ground.errors import ServeError

_LINGER = 2.0  # seconds that a refused client may go on sending before it is cut off


class Refused(Exception):
    """A request that is answered with a status and one line.

    Args:
        status: of HTTP, 4xx or 503.
        text: what is required, what was received, what to do.
    """

    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.status, self.text = status, text


def readers(most_requests: int, most_bytes: int) -> int:
    """Return how many pictures may be read at a time: one a core, if memory allows it.

    Args:
        most_requests: at a time.
        most_bytes: of each; while it arrives, it is held in parts and as a whole.

    Raises:
        ServeError: so many requests do not fit into the memory that is available.
    """
    bodies, there = 2 * most_requests * most_bytes, memory.available_bytes()
    if bodies + MOST_MEMORY > there:
        raise ServeError(
            "requests that are answered at a time must fit into memory. Received: "
            f"{most_requests} of {most_bytes / 2**20:g} MB, which may take "
            f"{(bodies + MOST_MEMORY) / 1e9:.1f} GB, and {there / 1e9:.1f} GB available; "
            "lower --requests or --megabytes"
        )
    return min(machine.cores(), (there - bodies) // MOST_MEMORY)


class Limits:
    """An ASGI application around another: reads each POST's body whole, within limits.

    Args:
        app: the application.
        most_bytes: of a body; more is answered with 413.
        body_seconds: in which it must arrive; later is answered with 408.
        most_requests: at a time; more are answered with 503 and ``Retry-After``.

    Attributes:
        n_cut_off: requests that a stop did not wait for; they are answered with 503.
    """

    def __init__(self, app, most_bytes: int, body_seconds: float, most_requests: int):
        self._app, self._most_bytes = app, most_bytes
        self._body_seconds, self._most_requests = body_seconds, most_requests
        self._busy = self.n_cut_off = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self._app(scope, receive, send)
        answered = False

        async def send(message, to=send):
            nonlocal answered
            answered = True
            await to(message)

        if self._busy >= self._most_requests:
            text = (
                f"at most {self._most_requests} requests at a time; try again in a second"
            )
            return await _refuse(Refused(503, text), receive, send)
        self._busy += 1
        try:
            try:
                body = await asyncio.wait_for(
                    self._body(dict(scope["headers"]), receive), self._body_seconds
                )
            except TimeoutError:
                text = f"a picture must arrive within {self._body_seconds:g} seconds"
                return await _refuse(Refused(408, text), receive, send)
            except Refused as refused:
                return await _refuse(refused, receive, send)
            if body is not None:
                await self._app(scope, _replay(body, receive), send)
        except asyncio.CancelledError:  # its time of grace is over
            if not answered:
                self.n_cut_off += 1
                await _answer(Refused(503, "the service stops; try again"), send)
        finally:
            self._busy -= 1

    async def _body(self, headers: dict[bytes, bytes], receive) -> bytes | None:
        """Return a request's body; None where the client left before its end."""
        if int(headers.get(b"content-length", b"0")) > self._most_bytes:
            raise self._too_large()
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._most_bytes:
                raise self._too_large()
            if not message.get("more_body"):
                return b"".join(parts)

    def _too_large(self) -> Refused:
        most = f"{self._most_bytes / 2**20:g} MB"
        return Refused(413, f"a picture must have at most {most}; make it smaller")


def _replay(body: bytes, receive):
    """Return what gives an application the body, and then whatever comes."""
    message = {"type": "http.request", "body": body, "more_body": False}
    waiting = [message]

    async def receive_again():
        return waiting.pop() if waiting else await receive()

    return receive_again


async def _refuse(refused: Refused, receive, send) -> None:
    """Answer, and then let the client finish its sentence: cut off, it reads no answer."""
    await _answer(refused, send, more_body=True)
    try:
        async with asyncio.timeout(_LINGER):
            while (message := await receive())["type"] == "http.request":
                if not message.get("more_body"):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})


async def _answer(refused: Refused, send, more_body: bool = False) -> None:
    content = json.dumps({"error": refused.text}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    if refused.status == 503:
        headers.append((b"retry-after", b"1"))
    start = {"type": "http.response.start", "status": refused.status, "headers": headers}
    await send(start)
    body = {"type": "http.response.body", "body": content, "more_body": more_body}
    await send(body)
