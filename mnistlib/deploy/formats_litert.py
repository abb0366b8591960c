"""LiteRT (once TensorFlow Lite), for phones and small devices: one image a call."""

from pathlib import Path

import numpy as np

from mnistlib.deploy.formats import without_lines

# Converter and runtime say these of every network.
_KNOWN = (
    "fully_quantize: 0, inference_type: 6",
    "Created TensorFlow Lite XNNPACK delegate for CPU",
    "Ignored output_format",
    "Ignored drop_control_dependency",
    "All log messages before absl::InitializeLog() is called",
)


def write(model, path: Path, precision: str, images: np.ndarray) -> None:
    """Write a network as ``.tflite`` with float inputs and outputs; see ``formats``."""
    import keras
    import tensorflow as tf

    # A batch of one, stated: runtimes in browsers refuse a batch that is left open.
    options = {"input_signature": [keras.InputSpec(shape=(1, 28, 28, 1), dtype="float32")]}
    if precision != "float32":
        options["optimizations"] = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        options["target_spec"] = {"supported_types": [tf.float16]}
    if precision == "int8":
        builtin = tf.lite.OpsSet.TFLITE_BUILTINS_INT8
        options["target_spec"] = {"supported_ops": [builtin]}
        options["representative_dataset"] = lambda: ([image[None]] for image in images)
    with without_lines(*_KNOWN):
        model.export(path, format="litert", verbose=False, **options)


def reader(path: Path):
    """Return a ``.tflite`` file as a function of images; see ``formats``."""
    from ai_edge_litert.interpreter import Interpreter

    with without_lines(*_KNOWN):
        interpreter = Interpreter(str(path), num_threads=1)
        interpreter.allocate_tensors()
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()

    def read(images: np.ndarray) -> np.ndarray:
        answers = np.empty((len(images), 10), np.float32)
        for i in range(len(images)):
            interpreter.set_tensor(source["index"], images[i : i + 1])
            interpreter.invoke()
            answers[i] = interpreter.get_tensor(target["index"])[0]
        return answers

    return read
