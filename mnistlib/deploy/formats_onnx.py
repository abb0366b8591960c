"""ONNX, the open standard: any number of images a call, run by ONNX Runtime."""

import logging
import os
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mnistlib.deploy.bounds import too_large
from mnistlib.deploy.onnx_bounds import beyond
from mnistlib.ground.errors import ModelError

INPUT, OUTPUT = "image", "probabilities"
# From 1.31 on, ONNX Runtime keeps a device identity in the user's cache folder and sends
# its maker what it is used for. This switches both off; it is read once, at the import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# Keras asks NumPy for a name that it no longer has, to give it back to tf2onnx.
_NUMPY_2 = "In the future `np.object` will be defined as the corresponding NumPy scalar"
# The quantiser asks for a step that only networks with open shapes need.
_PREPARED = "Please consider"


def write(model, path: Path, precision: str, images: np.ndarray) -> None:
    """Write a network as ``.onnx`` with float inputs and outputs; see ``formats``."""
    import onnx

    model(images[:1])  # Keras exports no network that was never called
    with warnings.catch_warnings(), _operations_checked():
        warnings.filterwarnings("ignore", _NUMPY_2, FutureWarning)
        model.export(path, format="onnx", verbose=False)
    graph = _named(onnx.load(path))
    if precision == "float16":
        from onnxruntime.transformers.float16 import convert_float_to_float16
        from onnxruntime.transformers.onnx_model import OnnxModel

        graph = convert_float_to_float16(graph, keep_io_types=True)
        # It adds casts at the end; ONNX wants each operation after those it uses.
        OnnxModel.graph_topological_sort(graph.graph)
    _check(graph)
    onnx.save(graph, path)
    if precision == "int8":
        _quantise(path, images)


class _Errors(logging.Handler):
    """Collects what tf2onnx logs as an error: it goes on, and the file is none."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(" ".join(record.getMessage().split())[:200])


@contextmanager
def _operations_checked():
    """Raise where tf2onnx, in this block, only logs that it lacks an operation."""
    log, errors = logging.getLogger("tf2onnx"), _Errors()
    propagate, log.propagate = log.propagate, False
    log.addHandler(errors)
    try:
        yield
    finally:
        log.removeHandler(errors)
        log.propagate = propagate
    if errors.lines:
        raise ModelError(
            "a network must be made of operations that ONNX has. "
            f"Received: {'; '.join(errors.lines[:2])}"
        )


def _named(graph):
    """Return a graph whose input, output and number of images have names of their own."""
    (source,), (target,) = graph.graph.input, graph.graph.output
    for node in graph.graph.node:
        node.input[:] = [INPUT if name == source.name else name for name in node.input]
        node.output[:] = [OUTPUT if name == target.name else name for name in node.output]
    source.name, target.name = INPUT, OUTPUT
    for tensor in (source, target):
        tensor.type.tensor_type.shape.dim[0].dim_param = "n"
    return graph


def _check(graph) -> None:
    import onnx

    try:
        onnx.checker.check_model(graph, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ModelError(
            f"a network's file must be valid ONNX. Received: {str(error).splitlines()[0]}"
        ) from None


def _quantise(path: Path, images: np.ndarray) -> None:
    """Replace a file by one with int8 weights and uint8 activations between its layers."""
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Images(quantization.CalibrationDataReader):
        def __init__(self):
            self._left = iter(images)

        def get_next(self):
            image = next(self._left, None)
            return None if image is None else {INPUT: image[None]}

    prepared = path.with_suffix(".prepared.onnx")
    quiet = _known_dropped(_PREPARED)
    logging.getLogger().addFilter(quiet)
    try:
        quant_pre_process(path, prepared, skip_symbolic_shape=True)
        quantization.quantize_static(prepared, path, Images(), per_channel=True)
    finally:
        logging.getLogger().removeFilter(quiet)
        prepared.unlink(missing_ok=True)


def _known_dropped(part: str):
    return lambda record: part not in record.getMessage()


def session(path: Path, threads: int = 1):
    """Return an ONNX Runtime session on the processor.

    Raises:
        ModelError: the file is missing, is no network of ours, or declares too much.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    try:
        loaded = onnxruntime.InferenceSession(
            content(path), options, providers=["CPUExecutionProvider"]
        )
        sides = [*loaded.get_inputs(), *loaded.get_outputs()]
    except ModelError:
        raise
    except Exception as error:  # of what is no network, ONNX Runtime raises its own kinds
        why = " ".join(str(error).split())[:120]
        raise ModelError(f"{path} must be an ONNX network. Received: {why}") from None
    shapes = [(side.name, side.type, side.shape[1:]) for side in sides]
    floats = "tensor(float)"
    if shapes != [(INPUT, floats, [28, 28, 1]), (OUTPUT, floats, [10])]:
        raise ModelError(
            f"a network must take {INPUT} (n, 28, 28, 1) and give {OUTPUT} (n, 10), "
            f"float32. Received: {path} with {shapes}. `mnistlib export` makes one"
        )
    return loaded


def content(path: Path) -> bytes:
    """Return a file's bytes, if what they declare is within bounds.

    Raises:
        ModelError: the file is missing, or declares too much.
    """
    try:
        if not (why := too_large(path)):
            why = beyond(read := path.read_bytes())
    except OSError as error:
        raise ModelError(
            f"a network must be an ONNX file. Received: {path} ({error.strerror}). "
            "`mnistlib export` makes one"
        ) from None
    if why:
        raise ModelError(
            f"{path} must be an ONNX network, and no large one. Received: {why}"
        )
    return read


class Network:
    """A network whose call can be given up by another thread; one call at a time.

    Args:
        path: of an ``.onnx`` file.

    Raises:
        ModelError: as `session`.
    """

    def __init__(self, path: Path):
        self._session, self._call = session(path), None

    def read(self, images: np.ndarray) -> np.ndarray:
        """Return probabilities (n, 10) of images (n, 28, 28, 1)."""
        from onnxruntime import RunOptions

        self._call = RunOptions()
        return self._session.run([OUTPUT], {INPUT: images}, self._call)[0]

    def give_up(self) -> None:
        """Make the call that is running raise, after the operation that it is at."""
        if self._call:
            self._call.terminate = True


def reader(path: Path):
    """Return an ``.onnx`` file as a function of images; see ``formats``."""
    loaded = session(path)
    return lambda images: loaded.run([OUTPUT], {INPUT: images})[0]
