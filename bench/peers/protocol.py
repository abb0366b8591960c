"""What the peers' scripts share: orders come in as lines, results go out as JSON lines.

Standard library and numpy only: PyTorch's process has nothing else.

Orders: ``epoch`` trains once over the training images, and its value is the seconds that
this took by its own clock, or None for those of the whole order; ``accuracy`` and ``test``
count on the held-out and the test images; any other word is one of the ``extra`` functions.
"""

import json
import os
import sys
import time
from collections.abc import Callable


def settings() -> dict:
    """Return what the process was started with; also says which cores' threads to use."""
    given = json.loads(sys.argv[1])
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(given["threads"])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return given


def arrays(given: dict) -> tuple:
    """Return the training images, float32 (n, 28, 28) in [0, 1], and labels, int64 (n,)."""
    return _read(given["data"], "x", "y", given["n"])


def _read(path: str, x: str, y: str, n: int | None = None) -> tuple:
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        images, labels = file[x][:n], file[y][:n]
    return (images / np.float32(255)).astype(np.float32), labels.astype("int64")


def serve(given: dict, epoch: Callable, accuracy: Callable, **extra: Callable) -> None:
    """Answer orders until the input ends.

    Args:
        given: the settings; held-out and test images are read when they are asked for.
        epoch: trains one epoch.
        accuracy: takes images and labels, returns the share that is right.
        **extra: functions that return a JSON value.
    """
    orders = {
        "epoch": epoch,
        "accuracy": lambda: accuracy(*_read(given["data"], "x_held", "y_held")),
        "test": lambda: accuracy(*_read(given["test"], "x_held", "y_held")),
        **extra,
    }
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = line.strip()
        wall, cpu = time.perf_counter(), time.process_time()
        value = orders[order]()
        answer = {
            "value": value,
            "seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - cpu,
        }
        print(json.dumps(answer), flush=True)
