"""The models by name, and the facts of each network: layers, parameters, operations.

A network's builder, one file a paper, gives an uncompiled ``keras.Model`` from images of
shape (n, 28, 28, 1), float32, to LOGITS of shape (n, 10): the papers' final softmax is
folded into the loss, which is the same arithmetic, done more precisely. Layers are named,
so that two models built in one process print the same table.
"""

import inspect
from functools import cache

from mnistlib.models.ahmareen2024 import base_cnn, complex_cnn
from mnistlib.models.asher import asher_cnn
from mnistlib.models.classical import ESTIMATORS, build_estimator, set_up
from mnistlib.models.code import code_hash
from mnistlib.models.ours import frontier_cnn, one_epoch_cnn, stage_cnn
from mnistlib.models.parts import BatchNorm, require_one_of
from mnistlib.models.raj2024 import (
    ann,
    raj_channel_cnn,
    raj_cnn,
    raj_prose_cnn,
    raj_steps_cnn,
)
from mnistlib.models.raut import raut_cnn
from mnistlib.models.sayee2025 import sayee_cnn

__all__ = [
    "BUILDERS",
    "ESTIMATORS",
    "BatchNorm",
    "arguments",
    "build",
    "build_estimator",
    "builder_hash",
    "initialise",
    "layer_table",
    "macs",
    "model_facts",
]

BUILDERS = {
    builder.__name__: builder
    for builder in (
        base_cnn,
        complex_cnn,
        raj_cnn,
        raj_prose_cnn,
        raj_steps_cnn,
        raj_channel_cnn,
        ann,
        sayee_cnn,
        raut_cnn,
        asher_cnn,
        stage_cnn,
        one_epoch_cnn,
        frontier_cnn,
    )
}


def builder_hash(name: str) -> str:
    """Return the hash of all code that makes a new model what it is; see ``code``.

    Args:
        name: a key of ``BUILDERS`` or ``ESTIMATORS``.
    """
    if name in BUILDERS:
        return code_hash(BUILDERS[name], initialise)
    return code_hash(ESTIMATORS[name], set_up)


def arguments(name: str) -> dict:
    """Return the arguments of a builder with their defaults."""
    parameters = inspect.signature(BUILDERS[name]).parameters
    return {argument: parameter.default for argument, parameter in parameters.items()}


def build(name: str, **model_args):
    """Return a new, uncompiled network.

    Args:
        name: a key of ``BUILDERS``.
        **model_args: arguments of that builder.

    Raises:
        ValueError: the name is unknown.
    """
    require_one_of("model", name, BUILDERS)
    return BUILDERS[name](**model_args)


def initialise(model, seed: int) -> None:
    """Draw a new network's kernels again, from its initialisers and a seed of their own.

    Keras draws the seeds of its initialisers from Python's global generator. Another
    thread of the process may draw from it too, as those of a Dask worker do; then the same
    seed would give other weights.

    Args:
        model: as ``build`` returns it.
        seed: each kernel's own seed is made from it and the kernel's place.
    """
    import numpy as np

    kernels = [
        (layer, name)
        for layer in model.layers
        for name in ("kernel", "depthwise_kernel", "pointwise_kernel")
        if getattr(layer, f"{name}_initializer", None) is not None
        and getattr(layer, name, None) is not None
    ]
    seeds = np.random.SeedSequence(seed).generate_state(len(kernels))
    for (layer, name), own in zip(kernels, seeds, strict=True):
        initialiser = getattr(layer, f"{name}_initializer")
        config = initialiser.get_config() | {"seed": int(own) >> 1}  # Keras wants 31 bits
        weight = getattr(layer, name)
        weight.assign(type(initialiser).from_config(config)(weight.shape))


def layer_table(model):
    """Return the layers of a network as a DataFrame: layer, kind, output shape, parameters.

    The output shape is without the batch dimension.
    """
    import pandas as pd

    rows = [
        (
            layer.name,
            type(layer).__name__,
            tuple(layer.output.shape[1:]),
            layer.count_params(),
        )
        for layer in model.layers
    ]
    return pd.DataFrame(rows, columns=["layer", "kind", "output shape", "parameters"])


def macs(model) -> int:
    """Return the multiply-accumulate operations of one image's forward pass.

    Convolutions and dense layers only: out_h * out_w * k_h * k_w * c_in * c_out, and
    inputs * units. Biases, ReLU, pooling and batch normalisation are left out (usual).
    """
    total = 0
    for layer in model.layers:
        kind = type(layer).__name__
        shape = layer.output.shape
        if kind == "Conv2D":
            total += shape[1] * shape[2] * _size(layer.kernel)
        elif kind == "SeparableConv2D":
            kernels = _size(layer.depthwise_kernel) + _size(layer.pointwise_kernel)
            total += shape[1] * shape[2] * kernels
        elif kind == "Dense":
            total += _size(layer.kernel)
    return int(total)


def _size(weight) -> int:
    size = 1
    for side in weight.shape:
        size *= side
    return size


@cache
def _facts(name: str, model_args: tuple) -> dict:
    from mnistlib.ground import backend

    backend.configure()
    model = build(name, **dict(model_args))
    trainable = sum(_size(weight) for weight in model.trainable_weights)
    return {
        "parameters": model.count_params(),
        "trainable": trainable,
        "macs": macs(model),
    }


def model_facts(name: str, **model_args) -> dict:
    """Return ``parameters``, ``trainable`` ones and ``macs`` of a network (loads Keras)."""
    return dict(_facts(name, tuple(sorted(model_args.items()))))
