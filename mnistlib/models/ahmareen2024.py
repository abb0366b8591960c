"""The networks of `ahmareen2024`: the base CNN and the "complex" CNN."""

from mnistlib.models.parts import BatchNorm, activated, sequential


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
    return sequential(
        "base_cnn",
        [
            *activated(conv1, "conv1", batch_norm),
            MaxPooling2D(name="pool1"),
            Flatten(name="flatten"),
            *activated(dense1, "dense1", batch_norm),
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
    return sequential(
        "complex_cnn",
        [
            *activated(conv1, "conv1", batch_norm),
            MaxPooling2D(name="pool1"),
            *activated(conv2, "conv2", batch_norm),
            *activated(conv3, "conv3", batch_norm),
            MaxPooling2D(name="pool2"),
            Flatten(name="flatten"),
            *activated(dense1, "dense1", batch_norm),
            Dense(10, name="logits"),
        ],
    )
