"""One builder per network of the papers, by name, and the facts of each network.

All builders give an uncompiled ``keras.Model`` from images of shape (n, 28, 28, 1),
float32, to LOGITS of shape (n, 10): the papers' final softmax is folded into the loss,
which is the same arithmetic, done more precisely. Layers are named, so that two models
built in one process print the same table.
"""

import inspect
from functools import cache
from typing import Literal

BatchNorm = Literal["none", "before_activation", "after_activation"]


def _sequential(name: str, layers: list):
    import keras

    return keras.Sequential([keras.Input((28, 28, 1), name="image"), *layers], name=name)


def _require_one_of(name: str, value, allowed) -> None:
    if value not in allowed:
        raise ValueError(
            f"{name} must be one of {', '.join(map(str, allowed))}. "
            f"Received: {name}={value!r} ({type(value).__name__})"
        )


def _activated(layer, name: str, batch_norm: BatchNorm) -> list:
    """Return ``layer`` with its ReLU, and batch normalisation on the side asked for.

    The layer keeps its bias in all variants (Keras's default; the paper does not say).
    Keras's defaults: momentum .99 is the weight of the old average, epsilon 1e-3.
    """
    import keras

    _require_one_of("batch_norm", batch_norm, BatchNorm.__args__)
    relu = keras.layers.ReLU(name=f"{name}_relu")
    if batch_norm == "none":
        return [layer, relu]
    normalise = keras.layers.BatchNormalization(name=f"{name}_bn")
    if batch_norm == "before_activation":
        return [layer, normalise, relu]
    return [layer, relu, normalise]


def base_cnn(batch_norm: BatchNorm = "none"):
    """Return the base CNN: one convolution, one pool, one hidden layer.

    `ahmareen2024` leaves the network of its systems A1 to A3 open; this is our choice, the
    smallest network that fits the text, with the hidden layer of the complex CNN.

    ::

        conv1          Conv2D              (26, 26, 32)        320
        conv1_relu     ReLU                (26, 26, 32)          0
        pool1          MaxPooling2D        (13, 13, 32)          0
        flatten        Flatten             (5408)                0
        dense1         Dense               (100)           540,900
        dense1_relu    ReLU                (100)                 0
        logits         Dense               (10)              1,010
        total                                              542,230

    Args:
        batch_norm: after the convolution and the hidden layer, before or after their ReLU
            (then 542,758 parameters, 264 of them running statistics). Default none.

    Source: `ahmareen2024`, sections III and IV (systems A1 to A3, A5).
    """
    from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D

    he = "he_uniform"
    conv1 = Conv2D(32, 3, kernel_initializer=he, name="conv1")
    dense1 = Dense(100, kernel_initializer=he, name="dense1")
    return _sequential(
        "base_cnn",
        [
            *_activated(conv1, "conv1", batch_norm),
            MaxPooling2D(name="pool1"),
            Flatten(name="flatten"),
            *_activated(dense1, "dense1", batch_norm),
            Dense(10, name="logits"),
        ],
    )


def complex_cnn(batch_norm: BatchNorm = "none"):
    """Return the "complex" CNN: 159,254 parameters, as the paper prints.

    The printed count, 32 filters and then 64, two pooling stages and one flatten admit no
    network with two convolutions; with the second stage doubled they fit exactly.

    ::

        conv1          Conv2D              (26, 26, 32)        320
        conv1_relu     ReLU                (26, 26, 32)          0
        pool1          MaxPooling2D        (13, 13, 32)          0
        conv2          Conv2D              (11, 11, 64)     18,496
        conv2_relu     ReLU                (11, 11, 64)          0
        conv3          Conv2D              (9, 9, 64)       36,928
        conv3_relu     ReLU                (9, 9, 64)            0
        pool2          MaxPooling2D        (4, 4, 64)            0
        flatten        Flatten             (1024)                0
        dense1         Dense               (100)           102,500
        dense1_relu    ReLU                (100)                 0
        logits         Dense               (10)              1,010
        total                                              159,254

    Args:
        batch_norm: after every convolution and the hidden layer, before or after their
            ReLU (then 160,294 parameters, 520 of them running statistics). Default none.

    Source: `ahmareen2024`, section IV, Fig. 8 (systems A4, A5).
    """
    from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D

    he = "he_uniform"
    conv1 = Conv2D(32, 3, kernel_initializer=he, name="conv1")
    conv2 = Conv2D(64, 3, kernel_initializer=he, name="conv2")
    conv3 = Conv2D(64, 3, kernel_initializer=he, name="conv3")
    dense1 = Dense(100, kernel_initializer=he, name="dense1")
    return _sequential(
        "complex_cnn",
        [
            *_activated(conv1, "conv1", batch_norm),
            MaxPooling2D(name="pool1"),
            *_activated(conv2, "conv2", batch_norm),
            *_activated(conv3, "conv3", batch_norm),
            MaxPooling2D(name="pool2"),
            Flatten(name="flatten"),
            *_activated(dense1, "dense1", batch_norm),
            Dense(10, name="logits"),
        ],
    )


def raj_cnn():
    """Return the network of `raj2024`, Fig. 10: three convolutions of 64 filters.

    Glorot-uniform kernels (Keras's default; the paper's figure shows no initialiser).

    ::

        conv1          Conv2D              (26, 26, 64)        640
        conv1_relu     ReLU                (26, 26, 64)          0
        pool1          MaxPooling2D        (13, 13, 64)          0
        conv2          Conv2D              (11, 11, 64)     36,928
        conv2_relu     ReLU                (11, 11, 64)          0
        pool2          MaxPooling2D        (5, 5, 64)            0
        conv3          Conv2D              (3, 3, 64)       36,928
        conv3_relu     ReLU                (3, 3, 64)            0
        pool3          MaxPooling2D        (1, 1, 64)            0
        flatten        Flatten             (64)                  0
        dense1         Dense               (64)              4,160
        dense1_relu    ReLU                (64)                  0
        dense2         Dense               (32)              2,080
        dense2_relu    ReLU                (32)                  0
        logits         Dense               (10)                330
        total                                               81,066

    Source: `raj2024`, section V, Fig. 10 (system R1).
    """
    from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D

    layers = []
    for stage in (1, 2, 3):
        name = f"conv{stage}"
        layers += _activated(Conv2D(64, 3, name=name), name, "none")
        layers.append(MaxPooling2D(name=f"pool{stage}"))
    layers.append(Flatten(name="flatten"))
    for index, units in ((1, 64), (2, 32)):
        name = f"dense{index}"
        layers += _activated(Dense(units, name=name), name, "none")
    return _sequential("raj_cnn", [*layers, Dense(10, name="logits")])


def ann(hidden_layers: int = 2, units: int = 128):
    """Return a fully connected network on the 784 pixels.

    `raj2024` gives no detail of its "ANN"; two hidden layers of 128 are our choice.

    ::

        flatten        Flatten             (784)                 0
        dense1         Dense               (128)           100,480
        dense1_relu    ReLU                (128)                 0
        dense2         Dense               (128)            16,512
        dense2_relu    ReLU                (128)                 0
        logits         Dense               (10)              1,290
        total                                              118,282

    Args:
        hidden_layers: number of hidden layers, at least 0 (0 is softmax regression).
        units: units of each hidden layer.

    Source: `raj2024`, section V (system R5).
    """
    from keras.layers import Dense, Flatten

    layers = [Flatten(name="flatten")]
    for index in range(1, hidden_layers + 1):
        name = f"dense{index}"
        layers += _activated(Dense(units, name=name), name, "none")
    return _sequential("ann", [*layers, Dense(10, name="logits")])


def stage_cnn(
    stages: int = 2,
    convs_per_stage: int = 1,
    width: int = 16,
    kernel_size: int = 3,
    layer: Literal["conv", "separable"] = "conv",
    downsample: Literal["max", "average", "stride"] = "max",
    units: int = 64,
):
    """Return a member of a family of CNNs, to ask how the layers matter.

    Each stage is ``convs_per_stage`` convolutions with ReLU and one halving of the image;
    the filters double from stage to stage. Padding is ``same``, so that depth, width and
    kernel size vary independently of the image's size. Kernels are he_uniform.

    ::

        conv1_1        Conv2D              (28, 28, 16)        160
        conv1_1_relu   ReLU                (28, 28, 16)          0
        down1          MaxPooling2D        (14, 14, 16)          0
        conv2_1        Conv2D              (14, 14, 32)      4,640
        conv2_1_relu   ReLU                (14, 14, 32)          0
        down2          MaxPooling2D        (7, 7, 32)            0
        flatten        Flatten             (1568)                0
        dense1         Dense               (64)            100,416
        dense1_relu    ReLU                (64)                  0
        logits         Dense               (10)                650
        total                                              105,866

    Args:
        stages: halvings of the image, 1 to 4 (28, 14, 7, 3, 1 pixels).
        convs_per_stage: convolutions before each halving.
        width: filters of the first stage.
        kernel_size: side of the square kernels in pixels.
        layer: ``"conv"``, or ``"separable"`` (depthwise, then 1x1).
        downsample: max pooling, average pooling, or stride 2 in the last convolution.
        units: units of the hidden layer; 0 for none.

    Raises:
        ValueError: stages, layer or downsample is none of the above.

    Source: `ahmareen2024`, research question 1 (section I.B); the family is ours.
    """
    from keras.layers import (
        AveragePooling2D,
        Conv2D,
        Dense,
        Flatten,
        MaxPooling2D,
        SeparableConv2D,
    )

    pools = {"max": MaxPooling2D, "average": AveragePooling2D, "stride": None}
    _require_one_of("stages", stages, (1, 2, 3, 4))
    _require_one_of("layer", layer, ("conv", "separable"))
    _require_one_of("downsample", downsample, pools)
    pool = pools[downsample]
    he = "he_uniform"
    layers = []
    for stage in range(1, stages + 1):
        filters = width * 2 ** (stage - 1)
        for index in range(1, convs_per_stage + 1):
            name = f"conv{stage}_{index}"
            strides = 2 if pool is None and index == convs_per_stage else 1
            common = {"strides": strides, "padding": "same", "name": name}
            # A separable layer on the single input channel would be one fixed-rank filter.
            if layer == "separable" and not (stage == 1 and index == 1):
                convolution = SeparableConv2D(
                    filters,
                    kernel_size,
                    depthwise_initializer=he,
                    pointwise_initializer=he,
                    **common,
                )
            else:
                convolution = Conv2D(filters, kernel_size, kernel_initializer=he, **common)
            layers += _activated(convolution, name, "none")
        if pool is not None:
            layers.append(pool(2, name=f"down{stage}"))
    layers.append(Flatten(name="flatten"))
    if units:
        layers += _activated(
            Dense(units, kernel_initializer=he, name="dense1"), "dense1", "none"
        )
    return _sequential("stage_cnn", [*layers, Dense(10, name="logits")])


BUILDERS = {
    builder.__name__: builder
    for builder in (base_cnn, complex_cnn, raj_cnn, ann, stage_cnn)
}


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
    _require_one_of("model", name, BUILDERS)
    return BUILDERS[name](**model_args)


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
    from mnistlib import backend

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
