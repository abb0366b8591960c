"""The networks of `raj2024`: its CNN, those of its text, our reading of its "ANN"."""

from mnistlib.models.parts import activated, sequential


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
        layers += activated(Conv2D(64, 3, name=name), name, "none")
        layers.append(MaxPooling2D(name=f"pool{stage}"))
    layers.append(Flatten(name="flatten"))
    for index, units in ((1, 64), (2, 32)):
        name = f"dense{index}"
        layers += activated(Dense(units, name=name), name, "none")
    return sequential("raj_cnn", [*layers, Dense(10, name="logits")])


def raj_prose_cnn(dropout: float = 0.2):
    """Return the network that the text of `raj2024` lists layer by layer.

    32 kernels of 5x5, a pool, dropout, 128 neurons. The text states neither the dropout's
    rate nor the padding: .2 and none are our choice. Glorot-uniform kernels (Keras's
    default).

    ::

        conv1          Conv2D              (24, 24, 32)        832
        conv1_relu     ReLU                (24, 24, 32)          0
        pool1          MaxPooling2D        (12, 12, 32)          0
        dropout1       Dropout             (12, 12, 32)          0
        flatten        Flatten             (4608)                0
        dense1         Dense               (128)           589,952
        dense1_relu    ReLU                (128)                 0
        logits         Dense               (10)              1,290
        total                                              592,074

    Args:
        dropout: share of the pool's outputs that is dropped, in [0, 1).

    Raises:
        ValueError: dropout is out of range.

    Source: `raj2024`, section V.B (system R2).
    """
    from keras.layers import Dropout

    if not 0 <= dropout < 1:  # Keras accepts 1, which leaves nothing to divide by
        raise ValueError(
            "dropout must be at least 0 and below 1. "
            f"Received: dropout={dropout!r} ({type(dropout).__name__})"
        )
    return text_cnn("raj_prose_cnn", (32,), 5, [Dropout(dropout, name="dropout1")])


def raj_steps_cnn():
    """Return the network that the steps of `raj2024` imply: 28, 24, 12, then 4 pixels.

    Two convolutions of 5x5 without padding, with a pool each, give these sizes. The text
    states neither the filters nor what follows the flattened values, and has ReLU after
    both: 32, 64, a hidden layer of 128 and ReLU after each convolution are our choice.
    Glorot-uniform kernels (Keras's default).

    ::

        conv1          Conv2D              (24, 24, 32)        832
        conv1_relu     ReLU                (24, 24, 32)          0
        pool1          MaxPooling2D        (12, 12, 32)          0
        conv2          Conv2D              (8, 8, 64)       51,264
        conv2_relu     ReLU                (8, 8, 64)            0
        pool2          MaxPooling2D        (4, 4, 64)            0
        flatten        Flatten             (1024)                0
        dense1         Dense               (128)           131,200
        dense1_relu    ReLU                (128)                 0
        logits         Dense               (10)              1,290
        total                                              184,586

    Source: `raj2024`, section V, the steps of the process (system R3).
    """
    return text_cnn("raj_steps_cnn", (32, 64), 5)


def raj_channel_cnn(filters: int = 1):
    """Return the network that the sizes in section IV.B of `raj2024` imply.

    There 26x26x1 is pooled to 13x13x1: a kernel of 3x3 without padding, and, as it is
    printed, one filter. The text calls 128 neurons with softmax the last layer; for ten
    digits we take them as the hidden layer. Glorot-uniform kernels (Keras's default): of
    512 starts with one filter, one has no positive weight, lets nothing of the image pass
    its ReLU, and cannot learn.

    ::

        conv1          Conv2D              (26, 26, 1)          10
        conv1_relu     ReLU                (26, 26, 1)           0
        pool1          MaxPooling2D        (13, 13, 1)           0
        flatten        Flatten             (169)                 0
        dense1         Dense               (128)            21,760
        dense1_relu    ReLU                (128)                 0
        logits         Dense               (10)              1,290
        total                                               23,060

    Args:
        filters: of the convolution; with 32 there are 693,962 parameters.

    Source: `raj2024`, section IV.B (system R4).
    """
    return text_cnn("raj_channel_cnn", (filters,), 3)


def text_cnn(name: str, filters: tuple, kernel_size: int, after_pools=()):
    """Return a network of the text: convolutions with a pool each, a hidden layer of 128.

    Args:
        name: of the network.
        filters: of each convolution, in their order.
        kernel_size: side of the square kernels in pixels; no padding.
        after_pools: layers that come before the flattening.
    """
    from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D

    layers = []
    for stage, width in enumerate(filters, start=1):
        convolution = Conv2D(width, kernel_size, name=f"conv{stage}")
        layers += activated(convolution, f"conv{stage}", "none")
        layers.append(MaxPooling2D(name=f"pool{stage}"))
    layers += [*after_pools, Flatten(name="flatten")]
    layers += activated(Dense(128, name="dense1"), "dense1", "none")
    return sequential(name, [*layers, Dense(10, name="logits")])


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
        layers += activated(Dense(units, name=name), name, "none")
    return sequential("ann", [*layers, Dense(10, name="logits")])
