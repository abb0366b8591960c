"""The networks of `raj2024`: its CNN, and our reading of its "ANN"."""

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
