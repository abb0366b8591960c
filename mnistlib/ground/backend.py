"""The one file that touches Keras's backend: threads, determinism, versions.

One intra-op and one inter-op thread make training repeat to the bit at full speed, in any
number of processes beside one another. The number must be set before the first operation.
"""

import os
import platform
import sys
import tempfile
from contextlib import contextmanager
from importlib.metadata import version

from mnistlib.ground.errors import RunError
from mnistlib.ground.machine import cpu_model

BACKENDS = ("tensorflow", "jax", "torch")  # those of Keras that train
# oneDNN picks its kernels by the instruction set, and TensorFlow uses oneDNN at all only
# on processors with AVX-512 VNNI or newer; both change the order of sums.
PORTABLE = {"ONEDNN_MAX_CPU_ISA": "AVX2", "TF_ENABLE_ONEDNN_OPTS": "1"}
# One computing thread, as with TensorFlow; and memory of a GPU as it is needed, not most of
# it at once, so that several workers may share one.
JAX = {
    "PJRT_NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}


def name() -> str:
    """Return Keras's backend, ``$KERAS_BACKEND``; TensorFlow where that is not set.

    Raises:
        RunError: the variable names no backend that trains.
    """
    setting = os.environ.get("KERAS_BACKEND") or BACKENDS[0]
    if setting not in BACKENDS:
        raise RunError(
            f"KERAS_BACKEND must be one of {', '.join(BACKENDS)}. Received: {setting!r} "
            f"(str); unset it for {BACKENDS[0]}"
        )
    return setting


def portable() -> bool:
    """Return whether ``$MNISTLIB_PORTABLE`` asks for kernels that x86-64 CPUs share.

    Raises:
        RunError: the variable is neither 0 nor 1.
    """
    setting = os.environ.get("MNISTLIB_PORTABLE") or "0"
    if setting not in ("0", "1"):
        raise RunError(
            f"MNISTLIB_PORTABLE must be 0 or 1. Received: {setting!r} (str); unset it, or "
            "set it to 1 for kernels that every processor with AVX2 has"
        )
    return setting == "1"


def _limit_kernels() -> None:
    """Set what `portable` needs; TensorFlow reads it once, when it is loaded."""
    if not portable():
        return
    missing = {k: v for k, v in PORTABLE.items() if os.environ.get(k) != v}
    if missing and "tensorflow" in sys.modules:
        wanted = " ".join(f"{name}={value}" for name, value in missing.items())
        raise RunError(
            "MNISTLIB_PORTABLE=1 must be set before TensorFlow is loaded. Received: it "
            f"was loaded without {wanted}; set the variable before the process starts"
        )
    os.environ.update(missing)


def _limit_jax() -> None:
    """Set what JAX reads once, when it is loaded; whoever sets a variable decides."""
    if name() == "jax" and "jax" not in sys.modules:
        for variable, value in JAX.items():
            os.environ.setdefault(variable, value)


def configure() -> None:
    """Prepare this process for training: one thread, quiet logs. May be called again.

    Raises:
        RuntimeError: TensorFlow already ran with another number of threads.
        RunError: ``$MNISTLIB_PORTABLE`` is no setting, or it or ``$KERAS_BACKEND`` was set
            too late.
    """
    _limit_kernels()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = name()  # Keras would also look into a file of its own
    _limit_jax()
    with _native_stderr_held_back():
        import keras

        if keras.backend.backend() != name():
            raise RunError(
                "KERAS_BACKEND must be that of the Keras which is loaded, "
                f"{keras.backend.backend()}. Received: {name()!r} (str); set it before "
                "the process starts"
            )
        if name() != "tensorflow":
            return
        import tensorflow as tf

        threading = tf.config.threading
        threads = (
            threading.get_intra_op_parallelism_threads(),
            threading.get_inter_op_parallelism_threads(),
        )
        if threads != (1, 1):
            threading.set_intra_op_parallelism_threads(1)
            threading.set_inter_op_parallelism_threads(1)
        # Workers side by side would each take the whole GPU, and its sums do not repeat.
        tf.config.set_visible_devices([], "GPU")
        tf.config.list_logical_devices()  # looks for devices, and says so, now
        # A worker builds one graph a run; TensorFlow warns that this may be an oversight.
        tf.get_logger().setLevel("ERROR")


@contextmanager
def _native_stderr_held_back():
    """Hold back what native code writes to stderr; show it only if the block raises.

    TensorFlow 2.21 logs lines with timestamps while it is imported, whatever its log level
    is set to; in a notebook they would become part of the page.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException:
            file.seek(0)
            os.write(kept, file.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def classical_environment() -> dict:
    """Return what a record says of the machine and the software, without Keras."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
        "backend": "scikit-learn",
        "device": "cpu",
        "threads": 1,
        "cpu": cpu_model(),
    }


def environment() -> dict:
    """Return what a record says of the machine and the software, JSON values only."""
    import keras

    backend = keras.backend.backend()
    return classical_environment() | {
        "packages": {package: version(package) for package in ("numpy", "keras", backend)},
        "backend": backend,
        "device": _device(backend),
        "portable": portable(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "unset"),
        "onednn_max_cpu_isa": os.environ.get("ONEDNN_MAX_CPU_ISA", "unset"),
    }


def _device(backend: str) -> str:
    """Return where the backend computes: ``"cpu"``, or Keras's first device."""
    if backend == "tensorflow":
        return "cpu"  # `configure` hides the others
    import keras

    return keras.distribution.list_devices()[0].split(":")[0]
