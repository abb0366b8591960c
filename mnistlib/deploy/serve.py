"""The service: POST a picture, get its digits. ONNX Runtime, FastAPI, nothing written."""

import asyncio
import contextlib
import hashlib
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from mnistlib import __version__
from mnistlib.deploy import formats_onnx
from mnistlib.deploy.manifest import read_manifest
from mnistlib.deploy.serve_address import listen, url
from mnistlib.deploy.serve_batches import Batcher
from mnistlib.deploy.serve_limits import Limits, Refused, readers
from mnistlib.deploy.serve_pictures import MOST_PIXELS, TYPES, is_quick, look, prepare
from mnistlib.deploy.serve_workers import Workers
from mnistlib.ground import machine
from mnistlib.ground.errors import ModelError, PhotoError, ServeError
from mnistlib.ground.templates import environment

_NETWORK = "network"  # the thread that it computes in
_LAST_SECONDS = 1.0  # that a stop gives this thread, once nobody waits for it
_PAGE = "serve_page.html.j2"
_MODULES = ("fastapi", "uvicorn", "onnxruntime", "cv2", "PIL")


@dataclass(frozen=True)
class Settings:
    """What the service is started with.

    Args:
        model: an ONNX file, as `mnistlib export` makes it.
        host: address to listen at; default the loopback, which only this machine reaches.
        port: 0 for a free one.
        most_bytes: of a picture.
        most_requests: answered at a time; more get status 503.
        body_seconds: in which a picture must arrive.
        work_seconds: in which it must be read.
        stop_seconds: that a stop waits for requests in flight. Docker and Podman kill what
            takes more than 10 seconds to stop.
    """

    model: Path
    host: str = "127.0.0.1"
    port: int = 8000
    most_bytes: int = 8 * 2**20
    most_requests: int = 64
    body_seconds: float = 10.0
    work_seconds: float = 10.0
    stop_seconds: int = 8


def require_packages() -> None:
    """Check that what the service needs is installed.

    Raises:
        ServeError: something is not.
    """
    if missing := [module for module in _MODULES if find_spec(module) is None]:
        raise ServeError(
            'mnistlib serve needs the extra "serve". Received: an install without '
            f"{', '.join(missing)}. Run: pip install -e '.[serve]'"
        )


def describe(path: Path) -> dict[str, Any]:
    """Return what is known of a network's file: name, SHA-256, and its manifest's entry.

    Raises:
        ModelError: the file is missing, declares too much, or is not that of the manifest
            beside it.
    """
    sha256 = hashlib.sha256(formats_onnx.content(path)).hexdigest()
    known = read_manifest(path.parent).get(path.name, {})
    if known and known["sha256"] != sha256:
        raise ModelError(
            f"{path} must have the SHA-256 of the manifest beside it, "
            f"{known['sha256'][:12]}. Received: {sha256[:12]}; export it again"
        )
    wanted = ("network", "precision", "accuracy", "n_examples", "data", "licence")
    return {"file": path.name, "sha256": sha256} | {
        name: known[name] for name in wanted if name in known
    }


def make_app(settings: Settings) -> Limits:
    """Return the service as an ASGI application.

    Raises:
        ServeError: a package is missing, or memory for what the settings allow.
        ModelError: the network's file is missing or is none.
    """
    require_packages()
    from fastapi import FastAPI, Request
    from fastapi.responses import HTMLResponse, JSONResponse

    from mnistlib.deploy.serve_answers import Reading, Version, openapi_of_a_picture

    n_readers = readers(settings.most_requests, settings.most_bytes)
    about = describe(settings.model)
    network = formats_onnx.Network(settings.model)
    thread = ThreadPoolExecutor(1, _NETWORK)
    batcher = Batcher(network.read, network.give_up, thread, settings.work_seconds)

    @contextlib.asynccontextmanager
    async def lifespan(app) -> AsyncIterator[None]:
        app.state.workers = Workers(look, prepare, n_readers)
        working = asyncio.create_task(batcher.work())
        try:
            yield
        finally:
            working.cancel()
            thread.shutdown(wait=False, cancel_futures=True)
            network.give_up()
            app.state.workers.close()

    # FastAPI's own pages load their scripts from another host.
    app = FastAPI(
        title="mnistlib",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )

    @app.post("/digits", openapi_extra=openapi_of_a_picture(TYPES))
    async def digits(request: Request) -> Reading:
        """Read the digits of a picture, PNG or JPEG, sent as the body.

        One of 28 x 28 pixels is taken as an image of MNIST; of another, digits are found.
        """
        kind = request.headers.get("content-type", "none").partition(";")[0].strip().lower()
        if kind not in TYPES:
            text = (
                f"send a picture with Content-Type {' or '.join(TYPES)}. Received: {kind}"
            )
            raise Refused(415, text[:200])
        content = await request.body()
        try:
            async with asyncio.timeout(settings.work_seconds):
                if is_quick(content):  # sooner done than sent to another process
                    found = look(content, kind)
                else:
                    workers = app.state.workers
                    found = await workers.apply(settings.work_seconds, content, kind)
                images = np.stack([digit.image for digit in found])[..., None]
                probabilities = await batcher.probabilities(images)
        except PhotoError as error:
            raise Refused(422, str(error)) from None
        except TimeoutError:
            text = f"reading took more than {settings.work_seconds:g} seconds; try again"
            raise Refused(503, text) from None
        return Reading.of([digit.box for digit in found], probabilities)

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Say that the service answers."""
        return {"status": "ok"}

    @app.get("/version")
    async def version() -> Version:
        """Say which network and which versions answer."""
        return Version(
            mnistlib=__version__, onnxruntime=machine.installed("onnxruntime"), model=about
        )

    page = _page(app.openapi(), settings)

    @app.get("/", include_in_schema=False)
    async def start() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    @app.exception_handler(Refused)
    async def refused(_request, error: Refused) -> JSONResponse:
        headers = {"Retry-After": "1"} if error.status == 503 else None
        return JSONResponse({"error": error.text}, error.status, headers)

    @app.exception_handler(404)
    @app.exception_handler(405)
    async def not_served(request, error) -> JSONResponse:
        asked = f"{request.method} {request.url.path[:80]}"
        text = f"{error.detail}: {asked}; POST a picture to /digits, or GET /"
        return JSONResponse({"error": text}, error.status_code, error.headers)

    @app.exception_handler(Exception)
    async def failed(_request, _error) -> JSONResponse:
        return JSONResponse({"error": "the service failed on this request"}, 500)

    return Limits(
        app,
        most_bytes=settings.most_bytes,
        body_seconds=settings.body_seconds,
        most_requests=settings.most_requests,
    )


_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'"
)


def _page(schema: dict, settings: Settings) -> str:
    """Return the page that explains the service; it loads nothing from anywhere."""
    ways = [
        (method.upper(), path, way["description"])
        for path, methods in schema["paths"].items()
        for method, way in methods.items()
    ]
    template = environment(Path(__file__).parent, html=True).get_template(_PAGE)
    return template.render(
        ways=ways,
        settings=settings,
        most_pixels=MOST_PIXELS,
        types=TYPES,
        version=__version__,
    )


def run(settings: Settings, say=print) -> None:
    """Serve until a signal stops it; requests in flight are answered first.

    A stop takes no new requests, gives those in flight ``stop_seconds``, answers the rest
    with 503, and ends within two seconds more, whatever is still computed.

    Args:
        settings: of the service.
        say: called with the line that names the address, once it is taken; what connects
            before the service has started waits for it.

    Raises:
        ServeError: a package or memory is missing, the address cannot be had, the start
            failed, or a stop cut off requests.
        ModelError: the network's file is missing or is none.
    """
    app = make_app(settings)
    import uvicorn

    listening = listen(settings.host, settings.port)
    say(f"serving {settings.model.name} at {url(listening)} (Ctrl-C stops it)")
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.stop_seconds,
        timeout_keep_alive=5,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_not_said_by_us)
    server = uvicorn.Server(config)
    # uvicorn answers what is in flight, and then passes the signal on to us.
    with contextlib.suppress(KeyboardInterrupt):
        with contextlib.suppress(SystemExit):  # how some versions tell a failed start
            server.run(sockets=[listening])
        if not server.started:
            raise ServeError(
                "the service must be able to start. Received: the error above; mend it "
                "and start again"
            )
    _leave(app.n_cut_off, settings.stop_seconds)


def _is_not_said_by_us(line: logging.LogRecord) -> bool:
    """Tell whether a line of uvicorn's is news: of a cut, `_leave` speaks."""
    return "timeout graceful shutdown exceeded" not in line.getMessage()


def _leave(n_cut_off: int, seconds: int) -> None:
    """Say which requests a stop cut off; wait for no thread that still computes."""
    threads = [one for one in threading.enumerate() if one.name.startswith(_NETWORK)]
    for thread in threads:
        thread.join(_LAST_SECONDS)
    error = ServeError(
        f"a stop waits {seconds} seconds for requests in flight. "
        f"Received: {n_cut_off} that took longer, and were answered with status 503"
    )
    if any(thread.is_alive() for thread in threads):  # Python itself would wait for it
        if n_cut_off:
            print(f"mnistlib: error: {error}", file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(bool(n_cut_off))
    if n_cut_off:
        raise error
