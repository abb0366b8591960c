"""The network of `raut`."""

from mnistlib.models.parts import activated, sequential


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
