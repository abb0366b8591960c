"""Many clients at once: what a service answers in a second, and how long one waits."""

import http.client
import threading
import time
from urllib.parse import urlsplit

import numpy as np


def load(url: str, picture: bytes, kind: str, clients: int, seconds: float) -> dict:
    """Let clients ask again and again, each waiting for its answer.

    Args:
        url: of the service.
        picture: that all send.
        kind: its content type.
        clients: at a time.
        seconds: of asking.

    Returns:
        ``per_second``, answers; ``p50``, ``p95``, ``p99``, milliseconds that one waited;
        ``refused``, answers with another status than 200.
    """
    waits, refused = [[] for _ in range(clients)], [0] * clients
    start = threading.Barrier(clients + 1)
    stop = threading.Event()
    place = urlsplit(url)

    def ask(mine: int) -> None:
        line = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        start.wait()
        while not stop.is_set():
            began = time.perf_counter()
            line.request("POST", "/digits", picture, {"Content-Type": kind})
            answer = line.getresponse()
            answer.read()
            waits[mine].append(time.perf_counter() - began)
            refused[mine] += answer.status != 200
        line.close()

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    everything = np.concatenate(waits)
    found = {"per_second": len(everything) / taken}
    for share in (50, 95, 99):
        found[f"p{share}"] = 1000 * float(np.percentile(everything, share))
    return {name: round(value, 2) for name, value in found.items()} | {
        "refused": sum(refused)
    }
