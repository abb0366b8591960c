"""Our own networks: a family for asking how layers matter, one for 99 % soonest, one for
the fewest errors."""

from typing import Literal

from mnistlib.models.parts import activated, require_one_of, sequential


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
    require_one_of("stages", stages, (1, 2, 3, 4))
    require_one_of("layer", layer, ("conv", "separable"))
    require_one_of("downsample", downsample, pools)
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
            layers += activated(convolution, name, "none")
        if pool is not None:
            layers.append(pool(2, name=f"down{stage}"))
    layers.append(Flatten(name="flatten"))
    if units:
        layers += activated(
            Dense(units, kernel_initializer=he, name="dense1"), "dense1", "none"
        )
    return sequential("stage_cnn", [*layers, Dense(10, name="logits")])


def one_epoch_cnn():
    """Return our network for reaching 99 % soonest: small, and normalised throughout.

    Batch normalisation with a short memory (.9 for the old average) allows a large rate in
    a single epoch. No bias where a normalisation follows. A first
    convolution of stride 2 and a dense layer in place of a fourth convolution take less
    time a step; the pool comes before its normalisation, which then has a quarter to do.

    ::

        conv1          Conv2D              (12, 12, 16)        400
        conv1_bn       BatchNormalization  (12, 12, 16)         64
        conv1_relu     ReLU                (12, 12, 16)          0
        conv2          Conv2D              (10, 10, 32)      4,608
        conv2_bn       BatchNormalization  (10, 10, 32)        128
        conv2_relu     ReLU                (10, 10, 32)          0
        conv3          Conv2D              (8, 8, 32)        9,216
        pool3          MaxPooling2D        (4, 4, 32)            0
        conv3_bn       BatchNormalization  (4, 4, 32)          128
        conv3_relu     ReLU                (4, 4, 32)            0
        flatten        Flatten             (512)                 0
        dense1         Dense               (128)            65,536
        dense1_bn      BatchNormalization  (128)               512
        dense1_relu    ReLU                (128)                 0
        logits         Dense               (10)              1,290
        total                                               81,882
    """
    from keras.layers import BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D, ReLU

    def normalised(name: str) -> list:
        return [
            BatchNormalization(momentum=0.9, name=f"{name}_bn"),
            ReLU(name=f"{name}_relu"),
        ]

    return sequential(
        "one_epoch_cnn",
        [
            Conv2D(16, 5, strides=2, use_bias=False, name="conv1"),
            *normalised("conv1"),
            Conv2D(32, 3, use_bias=False, name="conv2"),
            *normalised("conv2"),
            Conv2D(32, 3, use_bias=False, name="conv3"),
            MaxPooling2D(name="pool3"),
            *normalised("conv3"),
            Flatten(name="flatten"),
            Dense(128, use_bias=False, name="dense1"),
            *normalised("dense1"),
            Dense(10, name="logits"),
        ],
    )


def frontier_cnn(
    width: int = 32,
    convs: int = 2,
    kernel_size: int = 3,
    padding: Literal["valid", "same"] = "valid",
    head: Literal["average", "flatten"] = "average",
    dropout: float = 0.3,
    norm_momentum: float = 0.9,
):
    """Return a member of the family in which we look for the fewest errors.

    Three stages of convolutions, each with batch normalisation and ReLU, the filters
    doubling; max pooling ends the first two. A pool comes before its normalisation, which
    then has a quarter to do. Glorot-uniform kernels; no bias where a normalisation follows.

    ::

        conv1_1        Conv2D              (26, 26, 32)        288
        conv1_1_bn     BatchNormalization  (26, 26, 32)        128
        conv1_1_relu   ReLU                (26, 26, 32)          0
        conv1_2        Conv2D              (24, 24, 32)      9,216
        pool1          MaxPooling2D        (12, 12, 32)          0
        conv1_2_bn     BatchNormalization  (12, 12, 32)        128
        conv1_2_relu   ReLU                (12, 12, 32)          0
        conv2_1        Conv2D              (10, 10, 64)     18,432
        conv2_1_bn     BatchNormalization  (10, 10, 64)        256
        conv2_1_relu   ReLU                (10, 10, 64)          0
        conv2_2        Conv2D              (8, 8, 64)       36,864
        pool2          MaxPooling2D        (4, 4, 64)            0
        conv2_2_bn     BatchNormalization  (4, 4, 64)          256
        conv2_2_relu   ReLU                (4, 4, 64)            0
        conv3_1        Conv2D              (4, 4, 128)      73,728
        conv3_1_bn     BatchNormalization  (4, 4, 128)         512
        conv3_1_relu   ReLU                (4, 4, 128)           0
        conv3_2        Conv2D              (4, 4, 128)     147,456
        conv3_2_bn     BatchNormalization  (4, 4, 128)         512
        conv3_2_relu   ReLU                (4, 4, 128)           0
        average        GlobalAveragePooling2D  (128)             0
        dropout        Dropout             (128)                 0
        logits         Dense               (10)              1,290
        total                                              289,066

    Args:
        width: filters of the first stage.
        convs: convolutions of each stage.
        kernel_size: side of the square kernels in pixels.
        padding: of the first two stages; the third has ``same``.
        head: mean over places, or all places, before the last layer.
        dropout: share dropped before the last layer.
        norm_momentum: of batch normalisation's running averages: what the old one weighs.
            With averaged weights it is theirs, so that both remember as much.

    Raises:
        ValueError: padding or head is none of the above, or the maps vanish.

    Source: ours, for the report's page on the fewest errors.
    """
    from keras.layers import (
        BatchNormalization,
        Conv2D,
        Dense,
        Dropout,
        Flatten,
        GlobalAveragePooling2D,
        MaxPooling2D,
        ReLU,
    )

    require_one_of("padding", padding, ("valid", "same"))
    require_one_of("head", head, ("average", "flatten"))
    layers = []
    for stage in (1, 2, 3):
        for index in range(1, convs + 1):
            name = f"conv{stage}_{index}"
            layers.append(
                Conv2D(
                    width * 2 ** (stage - 1),
                    kernel_size,
                    padding=padding if stage < 3 else "same",
                    use_bias=False,
                    name=name,
                )
            )
            if stage < 3 and index == convs:
                layers.append(MaxPooling2D(name=f"pool{stage}"))
            layers += [
                BatchNormalization(momentum=norm_momentum, name=f"{name}_bn"),
                ReLU(name=f"{name}_relu"),
            ]
    if head == "average":
        layers.append(GlobalAveragePooling2D(name="average"))
    else:
        layers.append(Flatten(name="flatten"))
    return sequential(
        "frontier_cnn",
        [*layers, Dropout(dropout, name="dropout"), Dense(10, name="logits")],
    )
