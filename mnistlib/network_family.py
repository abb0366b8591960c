"""A family of CNNs for asking how the layers matter; see ``networks`` for the papers'."""

from typing import Literal

from mnistlib.network_parts import activated, require_one_of, sequential


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


def quick_cnn(width: int = 16):
    """Return our network for reaching 99 % soonest: small, and normalised throughout.

    Batch normalisation with a short memory (.9 for the old average) allows a large rate in
    a single epoch. Convolutions have no bias, since a normalisation follows.

    ::

        conv1          Conv2D              (26, 26, 16)        144
        conv1_bn       BatchNormalization  (26, 26, 16)         64
        conv1_relu     ReLU                (26, 26, 16)          0
        pool1          MaxPooling2D        (13, 13, 16)          0
        conv2          Conv2D              (11, 11, 32)      4,608
        conv2_bn       BatchNormalization  (11, 11, 32)        128
        conv2_relu     ReLU                (11, 11, 32)          0
        conv3          Conv2D              (9, 9, 32)        9,216
        conv3_bn       BatchNormalization  (9, 9, 32)          128
        conv3_relu     ReLU                (9, 9, 32)            0
        pool2          MaxPooling2D        (4, 4, 32)            0
        conv4          Conv2D              (2, 2, 64)       18,432
        conv4_bn       BatchNormalization  (2, 2, 64)          256
        conv4_relu     ReLU                (2, 2, 64)            0
        flatten        Flatten             (256)                 0
        logits         Dense               (10)              2,570
        total                                               35,546

    Args:
        width: filters of the first convolution; then twice, twice and four times as many.
    """
    from keras.layers import BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D, ReLU

    layers = []
    for index, factor in enumerate((1, 2, 2, 4), 1):
        name = f"conv{index}"
        layers += [
            Conv2D(factor * width, 3, use_bias=False, name=name),
            BatchNormalization(momentum=0.9, name=f"{name}_bn"),
            ReLU(name=f"{name}_relu"),
        ]
        if index in (1, 3):
            layers.append(MaxPooling2D(name=f"pool{(index + 1) // 2}"))
    layers += [Flatten(name="flatten"), Dense(10, name="logits")]
    return sequential("quick_cnn", layers)
