"""The network of `sayee2025`."""

from typing import Literal

from mnistlib.models.parts import activated, sequential


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
