"""The formats that a network can be exported to: one module each, ``formats_<name>``.

A module has ``write(model, path, precision, images)``, which makes the file, and
``reader(path)``, which loads it again, without pickles, as a function from images float32
(n, 28, 28, 1) to probabilities float32 (n, 10).
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from mnistlib.ground.errors import ModelError

Reader = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Format:
    """A format: what its files are called, which precisions it has, what it needs.

    Args:
        suffix: of its files.
        precisions: of the weights, the first one by default.
        modules: that must be installed, of the extra "export".
        programs: that must be installed.
        is_timed: whether the time of a call is the network's.
    """

    suffix: str
    precisions: tuple[str, ...]
    modules: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    is_timed: bool = True


FORMATS = {
    "onnx": Format(
        ".onnx", ("float32", "float16", "int8"), ("onnx", "onnxruntime", "tf2onnx")
    ),
    "litert": Format(".tflite", ("float32", "float16", "int8"), ("ai_edge_litert",)),
    "keras": Format(".keras", ("float32",)),
    "js": Format(".js", ("int16",), programs=("node",), is_timed=False),
}


def first_precision(name: str) -> tuple[str, ...]:
    """Return the precision of a format that is meant when none is named; "" if unknown."""
    return FORMATS[name].precisions[:1] if name in FORMATS else ("",)


def require(name: str, precision: str) -> None:
    """Check that a format is known, has the precision, and that its packages are there.

    Raises:
        ModelError: one of these does not hold.
    """
    if name not in FORMATS:
        raise ModelError(
            f"a format must be one of {', '.join(FORMATS)}. Received: format={name!r}"
        )
    form = FORMATS[name]
    if precision not in form.precisions:
        raise ModelError(
            f"the format {name} has the precisions {', '.join(form.precisions)}. "
            f"Received: precision={precision!r}"
        )
    if missing := [module for module in form.modules if find_spec(module) is None]:
        raise ModelError(
            f'the format {name} needs the extra "export". Received: an install without '
            f"{', '.join(missing)}. Run: pip install -e '.[export]'"
        )
    if missing := [program for program in form.programs if not shutil.which(program)]:
        raise ModelError(
            f"the format {name} is checked by {' and '.join(form.programs)}. Received: a "
            f"machine without {', '.join(missing)}; install it"
        )


def write(name: str, model, path: Path, precision: str, images: np.ndarray) -> None:
    """Write a network's file.

    Args:
        name: a key of `FORMATS`.
        model: a ``keras.Model`` that gives probabilities.
        path: of the file.
        precision: one that the format has.
        images: training images float32 (n, 28, 28, 1) that int8 takes its scales from.

    Raises:
        ModelError: the format does not have one of the network's operations.
    """
    import_module(f"mnistlib.deploy.formats_{name}").write(model, path, precision, images)


def reader(name: str, path: Path) -> Reader:
    """Return a file, loaded, as a function from images to probabilities; one thread."""
    return import_module(f"mnistlib.deploy.formats_{name}").reader(path)


@contextmanager
def without_lines(*known: str) -> Iterator[None]:
    """Hold back what is written to stdout and stderr, and drop lines that are known.

    Converters write from native code, from threads and through loggers, so the two file
    descriptors are held. A line that holds none of ``known`` is shown afterwards; when the
    block raises, every line is.

    Args:
        known: parts of the lines that say nothing.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept, show_all = {1: os.dup(1), 2: os.dup(2)}, True
    with tempfile.TemporaryFile() as file:
        try:
            for number in kept:
                os.dup2(file.fileno(), number)
            yield
            show_all = False
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, copy in kept.items():
                os.dup2(copy, number)
                os.close(copy)
            file.seek(0)
            for line in file.read().decode(errors="replace").splitlines():
                if show_all or (line.strip() and not any(part in line for part in known)):
                    print(line, file=sys.stderr)
