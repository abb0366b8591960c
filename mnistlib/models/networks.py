"""The networks of the papers, one builder each.

All builders give an uncompiled ``keras.Model`` from images of shape (n, 28, 28, 1),
float32, to LOGITS of shape (n, 10): the papers' final softmax is folded into the loss,
which is the same arithmetic, done more precisely. Layers are named, so that two models
built in one process print the same table.
"""

from typing import Literal

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


def raut_cnn():
    """Return the network of `raut`: two convolutions, two pools, one hidden layer.

    Glorot-uniform kernels (Keras's default, as the printed code leaves it).

    ::

        conv1          Conv2D              (26, 26, 32)        320
        conv1_relu     ReLU                (26, 26, 32)          0
        pool1          MaxPooling2D        (13, 13, 32)          0
        conv2          Conv2D              (11, 11, 64)     18,496
        conv2_relu     ReLU                (11, 11, 64)          0
        pool2          MaxPooling2D        (5, 5, 64)            0
        flatten        Flatten             (1600)                0
        dense1         Dense               (128)           204,928
        dense1_relu    ReLU                (128)                 0
        logits         Dense               (10)              1,290
        total                                              225,034

    Source: `raut`, sections 3.2 and 3.3, appendix B (system K1).
    """
    from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D

    layers = []
    for stage, filters in ((1, 32), (2, 64)):
        name = f"conv{stage}"
        layers += activated(Conv2D(filters, 3, name=name), name, "none")
        layers.append(MaxPooling2D(name=f"pool{stage}"))
    layers.append(Flatten(name="flatten"))
    layers += activated(Dense(128, name="dense1"), "dense1", "none")
    return sequential("raut_cnn", [*layers, Dense(10, name="logits")])


def sayee_cnn(
    padding: Literal["same", "valid"] = "same",
    batch_norm: bool = True,
    dropout: bool = True,
):
    """Return the network of `sayee2025`: four convolutions, batch norm and dropout.

    The paper does not state the padding: ``same`` is our choice ("VGG-style"); with
    ``valid`` the count is 198,442. Glorot-uniform kernels (Keras's default). Layers before
    a batch normalisation have no bias, as the paper says.

    ::

        conv1_1        Conv2D              (28, 28, 32)        288
        conv1_1_bn     BatchNormalization  (28, 28, 32)        128
        conv1_1_relu   ReLU                (28, 28, 32)          0
        conv1_2        Conv2D              (28, 28, 32)      9,216
        conv1_2_bn     BatchNormalization  (28, 28, 32)        128
        conv1_2_relu   ReLU                (28, 28, 32)          0
        pool1          MaxPooling2D        (14, 14, 32)          0
        dropout1       Dropout             (14, 14, 32)          0
        conv2_1        Conv2D              (14, 14, 64)     18,432
        conv2_1_bn     BatchNormalization  (14, 14, 64)        256
        conv2_1_relu   ReLU                (14, 14, 64)          0
        conv2_2        Conv2D              (14, 14, 64)     36,864
        conv2_2_bn     BatchNormalization  (14, 14, 64)        256
        conv2_2_relu   ReLU                (14, 14, 64)          0
        pool2          MaxPooling2D        (7, 7, 64)            0
        dropout2       Dropout             (7, 7, 64)            0
        flatten        Flatten             (3136)                0
        dense1         Dense               (128)           401,408
        dense1_bn      BatchNormalization  (128)               512
        dense1_relu    ReLU                (128)                 0
        dropout3       Dropout             (128)                 0
        logits         Dense               (10)              1,290
        total                                              468,778

    Args:
        padding: of the convolutions.
        batch_norm: before each ReLU; without it the layers have their bias.
        dropout: .25 after each pool, .5 after the hidden layer.

    Source: `sayee2025`, sections III and IV (system S1).
    """
    from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D

    placement = "before_activation" if batch_norm else "none"
    bias = not batch_norm
    layers = []
    for stage, filters in ((1, 32), (2, 64)):
        for index in (1, 2):
            name = f"conv{stage}_{index}"
            convolution = Conv2D(filters, 3, padding=padding, use_bias=bias, name=name)
            layers += activated(convolution, name, placement)
        layers.append(MaxPooling2D(name=f"pool{stage}"))
        if dropout:
            layers.append(Dropout(0.25, name=f"dropout{stage}"))
    layers.append(Flatten(name="flatten"))
    layers += activated(Dense(128, use_bias=bias, name="dense1"), "dense1", placement)
    if dropout:
        layers.append(Dropout(0.5, name="dropout3"))
    return sequential("sayee_cnn", [*layers, Dense(10, name="logits")])


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
