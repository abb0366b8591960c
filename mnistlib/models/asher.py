"""The network of `asher`, with what its tuner varies."""

from mnistlib.models.parts import activated, require_one_of, sequential


def asher_cnn(filters: int = 64, units: int = 64, convs: int = 2):
    """Return the network of `asher`: convolutions of equal width and one hidden layer.

    The report names the kinds of layers, and the values that it searched. How many
    convolutions there are is not stated, nor the kernels' size, the padding or the pools'
    size: these are our choice, and so are the defaults, the middle of both lists. It names
    no dropout either: there is none. Glorot-uniform kernels (Keras's default).

    ::

        conv1          Conv2D              (26, 26, 64)        640
        conv1_relu     ReLU                (26, 26, 64)          0
        pool1          MaxPooling2D        (13, 13, 64)          0
        conv2          Conv2D              (11, 11, 64)     36,928
        conv2_relu     ReLU                (11, 11, 64)          0
        pool2          MaxPooling2D        (5, 5, 64)            0
        flatten        Flatten             (1600)                0
        dense1         Dense               (64)            102,464
        dense1_relu    ReLU                (64)                  0
        logits         Dense               (10)                650
        total                                              140,682

    Args:
        filters: of each convolution; the report searched 32, 64 and 128.
        units: of the hidden layer; the report searched 32, 64 and 128.
        convs: convolutions, each with its pool: 1 or 2.

    Raises:
        ValueError: convs is neither 1 nor 2.

    Source: `asher`, "Implemented methodologies", steps 2 and 3 (system C1).
    """
    from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D

    require_one_of("convs", convs, (1, 2))
    layers = []
    for stage in range(1, convs + 1):
        name = f"conv{stage}"
        layers += activated(Conv2D(filters, 3, name=name), name, "none")
        layers.append(MaxPooling2D(name=f"pool{stage}"))
    layers.append(Flatten(name="flatten"))
    layers += activated(Dense(units, name="dense1"), "dense1", "none")
    return sequential("asher_cnn", [*layers, Dense(10, name="logits")])
