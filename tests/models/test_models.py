"""The networks: layer tables, counts, arithmetic, errors, batch normalisation."""

import random
import re

import numpy as np
import pytest

from mnistlib import models
from mnistlib.ground import backend

BN_EPSILON, BN_MOMENTUM = 1e-3, 0.99  # Keras's defaults, which the docstrings name


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    backend.configure()


def printed_table(builder) -> tuple[list[tuple], int]:
    """Return the rows and the total of the table in a builder's docstring."""
    row = re.compile(r"^\s+(\w+)\s+([A-Z]\w+)\s+\(([\d, ]+)\)\s+([\d,]+)$", re.MULTILINE)
    rows = [
        (
            layer,
            kind,
            tuple(int(side) for side in shape.split(",")),
            int(n.replace(",", "")),
        )
        for layer, kind, shape, n in row.findall(builder.__doc__)
    ]
    (total,) = re.findall(r"^\s+total\s+([\d,]+)$", builder.__doc__, re.MULTILINE)
    return rows, int(total.replace(",", ""))


@pytest.mark.parametrize("name", models.BUILDERS)
def test_docstring_prints_the_layer_table_of_the_defaults(name):
    rows, total = printed_table(models.BUILDERS[name])
    model = models.build(name)
    assert rows == list(models.layer_table(model).itertuples(index=False, name=None))
    assert total == model.count_params() == sum(row[-1] for row in rows)


@pytest.mark.parametrize(
    ("name", "model_args", "parameters", "not_trained"),
    [
        ("base_cnn", {}, 542_230, 0),
        ("complex_cnn", {}, 159_254, 0),
        ("raj_cnn", {}, 81_066, 0),
        ("ann", {}, 118_282, 0),
        # As `raut`'s printed code gives them, and the counts of `sayee2025`'s two readings.
        ("raut_cnn", {}, 225_034, 0),
        ("sayee_cnn", {}, 468_778, 640),
        ("sayee_cnn", {"padding": "valid"}, 198_442, 640),
        # The texts' networks of `raj2024`; the depths of `asher` with its printed trials.
        ("raj_prose_cnn", {}, 592_074, 0),
        ("raj_prose_cnn", {"dropout": 0.0}, 592_074, 0),
        ("raj_steps_cnn", {}, 184_586, 0),
        ("raj_channel_cnn", {}, 23_060, 0),
        ("raj_channel_cnn", {"filters": 32}, 693_962, 0),
        ("asher_cnn", {"filters": 64, "units": 32, "convs": 1}, 347_114, 0),
        ("asher_cnn", {"filters": 64, "units": 32, "convs": 2}, 89_130, 0),
        ("asher_cnn", {"filters": 128, "units": 128, "convs": 1}, 2_771_594, 0),
        ("asher_cnn", {"filters": 128, "units": 128, "convs": 2}, 559_882, 0),
        # Without batch normalisation: 1,280 numbers less, a bias for 320 outputs more.
        ("sayee_cnn", {"batch_norm": False}, 468_778 - 4 * 320 + 320, 0),
        ("sayee_cnn", {"dropout": False}, 468_778, 640),
        ("base_cnn", {"batch_norm": "before_activation"}, 542_758, 264),
        ("base_cnn", {"batch_norm": "after_activation"}, 542_758, 264),
        ("complex_cnn", {"batch_norm": "before_activation"}, 160_294, 520),
        ("complex_cnn", {"batch_norm": "after_activation"}, 160_294, 520),
        # softmax regression: 784 weights and a bias for each digit
        ("ann", {"hidden_layers": 0}, 7_850, 0),
        # 160 + depthwise 16 * 9 + pointwise 16 * 32 + 32 biases + the two dense layers
        ("stage_cnn", {"layer": "separable"}, 160 + 144 + 512 + 32 + 100_416 + 650, 0),
        # without the hidden layer: 1,568 inputs and a bias for each digit
        ("stage_cnn", {"units": 0}, 160 + 4_640 + 15_690, 0),
    ],
)
def test_parameter_counts(name, model_args, parameters, not_trained):
    facts = models.model_facts(name, **model_args)
    assert facts["parameters"] == parameters
    assert facts["parameters"] - facts["trainable"] == not_trained


@pytest.mark.parametrize(
    ("name", "model_args", "by_hand"),
    [
        ("base_cnn", {}, 26 * 26 * 9 * 1 * 32 + 5408 * 100 + 100 * 10),
        (
            "complex_cnn",
            {},
            26 * 26 * 9 * 1 * 32
            + 11 * 11 * 9 * 32 * 64
            + 9 * 9 * 9 * 64 * 64
            + 1024 * 100
            + 100 * 10,
        ),
        ("raj_prose_cnn", {}, 24 * 24 * 25 * 32 + 4608 * 128 + 128 * 10),
        (
            "raj_steps_cnn",
            {},
            24 * 24 * 25 * 32 + 8 * 8 * 25 * 32 * 64 + 1024 * 128 + 128 * 10,
        ),
        ("raj_channel_cnn", {}, 26 * 26 * 9 + 169 * 128 + 128 * 10),
        (
            "asher_cnn",
            {"units": 32},
            26 * 26 * 9 * 64 + 11 * 11 * 9 * 64 * 64 + 1600 * 32 + 32 * 10,
        ),
        ("asher_cnn", {"convs": 1}, 26 * 26 * 9 * 64 + 10_816 * 64 + 64 * 10),
        (
            "stage_cnn",
            {"layer": "separable"},
            28 * 28 * 9 * 1 * 16 + 14 * 14 * (9 * 16 + 16 * 32) + 7 * 7 * 32 * 64 + 64 * 10,
        ),
    ],
)
def test_macs_by_hand(name, model_args, by_hand):
    assert models.macs(models.build(name, **model_args)) == by_hand
    assert models.model_facts(name, **model_args)["macs"] == by_hand


def test_batch_norm_costs_no_counted_operation():
    plain = models.model_facts("complex_cnn")
    normalised = models.model_facts("complex_cnn", batch_norm="after_activation")
    assert plain["macs"] == normalised["macs"]


@pytest.mark.parametrize("name", models.BUILDERS)
def test_logits_for_every_image(name):
    images = np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)
    logits = np.asarray(models.build(name)(images))
    assert logits.shape == (3, 10)
    assert logits.dtype == np.float32
    # Logits, not probabilities: no row sums to 1.
    assert (np.abs(logits.sum(axis=1) - 1) > 1e-3).all()


@pytest.mark.parametrize("stages", [1, 2, 3, 4])
@pytest.mark.parametrize("downsample", ["max", "average", "stride"])
def test_stages_halve_the_image(stages, downsample):
    table = models.layer_table(
        models.build(
            "stage_cnn", stages=stages, downsample=downsample, convs_per_stage=2, width=2
        )
    )
    before_flatten = table["output shape"][table.index[table["layer"] == "flatten"][0] - 1]
    # 'same' strides round up, pooling rounds down: 28, 14, 7, then 4 or 3, then 2 or 1.
    sides = {"stride": (14, 7, 4, 2)}.get(downsample, (14, 7, 3, 1))
    side = sides[stages - 1]
    assert before_flatten == (side, side, 2 * 2 ** (stages - 1))


def test_first_layer_is_never_separable():
    kinds = models.layer_table(
        models.build("stage_cnn", layer="separable", convs_per_stage=2)
    )
    kinds = kinds.set_index("layer")["kind"]
    assert kinds["conv1_1"] == "Conv2D"
    assert kinds["conv1_2"] == kinds["conv2_1"] == "SeparableConv2D"


@pytest.mark.parametrize(
    ("name", "model_args", "message"),
    [
        (
            "lenet",
            {},
            r"^model must be one of base_cnn, .*\. Received: model='lenet' \(str\)$",
        ),
        (
            "base_cnn",
            {"batch_norm": "between"},
            r"^batch_norm must be one of none, before_activation, after_activation\. "
            r"Received: batch_norm='between' \(str\)$",
        ),
        (
            "stage_cnn",
            {"layer": "dense"},
            r"^layer must be one of conv, separable\. Received: layer='dense' \(str\)$",
        ),
        (
            "stage_cnn",
            {"downsample": "median"},
            r"^downsample must be one of max, average, stride\. "
            r"Received: downsample='median' \(str\)$",
        ),
        (
            "stage_cnn",
            {"stages": 5},
            r"^stages must be one of 1, 2, 3, 4\. Received: stages=5 \(int\)$",
        ),
        *[
            (
                "raj_prose_cnn",
                {"dropout": share},
                rf"^dropout must be at least 0 and below 1\. Received: dropout={share} ",
            )
            for share in (-0.1, 1.0)
        ],
        (
            "asher_cnn",
            {"convs": 3},
            r"^convs must be one of 1, 2\. Received: convs=3 \(int\)$",
        ),
    ],
)
def test_unknown_names_are_told_in_one_line(name, model_args, message):
    with pytest.raises(ValueError, match=message):
        models.build(name, **model_args)


def test_an_argument_of_another_network_is_refused():
    with pytest.raises(TypeError, match="batch_norm"):
        models.build("ann", batch_norm="none")


def test_arguments_are_those_of_the_builder():
    assert models.arguments("ann") == {"hidden_layers": 2, "units": 128}
    assert models.arguments("raj_cnn") == {}


@pytest.fixture
def normalised():
    """A batch-norm layer of the base CNN with weights that are not its first ones."""
    model = models.build("base_cnn", batch_norm="before_activation")
    layer = model.get_layer("dense1_bn")
    noise = np.random.default_rng(1)
    gamma, beta = noise.normal(1, 0.3, 100), noise.normal(0, 0.3, 100)
    mean, variance = noise.normal(0, 1, 100), noise.uniform(0.5, 2, 100)
    weights = [part.astype(np.float32) for part in (gamma, beta, mean, variance)]
    layer.set_weights(weights)
    # Seven values a unit: few enough to tell a variance with n from one with n - 1.
    x = noise.normal(2, 3, (7, 100)).astype(np.float32)
    return layer, weights, x


def test_batch_norm_in_training_against_numpy(normalised):
    layer, (gamma, beta, mean, variance), x = normalised
    found = np.asarray(layer(x, training=True))
    wide = x.astype(np.float64)
    of_batch, spread = wide.mean(axis=0), wide.var(axis=0)
    expected = gamma * (wide - of_batch) / np.sqrt(spread + BN_EPSILON) + beta
    np.testing.assert_allclose(found, expected, atol=2e-5)
    # The running statistics move by one part in a hundred towards the batch's.
    moved = BN_MOMENTUM * mean + (1 - BN_MOMENTUM) * of_batch
    np.testing.assert_allclose(np.asarray(layer.moving_mean), moved, atol=1e-5)
    moved = BN_MOMENTUM * variance + (1 - BN_MOMENTUM) * spread
    np.testing.assert_allclose(np.asarray(layer.moving_variance), moved, atol=2e-4)


def test_batch_norm_in_inference_against_numpy(normalised):
    layer, (gamma, beta, mean, variance), x = normalised
    found = np.asarray(layer(x, training=False))
    expected = gamma * (x - mean) / np.sqrt(variance + BN_EPSILON) + beta
    np.testing.assert_allclose(found, expected, atol=2e-5)
    np.testing.assert_array_equal(np.asarray(layer.moving_mean), mean)
    np.testing.assert_array_equal(np.asarray(layer.moving_variance), variance)


@pytest.mark.parametrize("host", ["base_cnn", "complex_cnn"])
def test_placements_order_the_layers_as_named(host):
    def names(placement):
        return list(models.layer_table(models.build(host, batch_norm=placement))["layer"])

    for layer in [n for n in names("none") if n.endswith("_relu")]:
        stem = layer.removesuffix("_relu")
        before, after = names("before_activation"), names("after_activation")
        at = before.index(stem)
        assert before[at : at + 3] == [stem, f"{stem}_bn", f"{stem}_relu"]
        assert after[at : at + 3] == [stem, f"{stem}_relu", f"{stem}_bn"]
    for placement in ("before_activation", "after_activation"):
        without = [name for name in names(placement) if not name.endswith("_bn")]
        assert without == names("none")


def test_placements_with_equal_weights_differ():
    before = models.build("base_cnn", batch_norm="before_activation")
    after = models.build("base_cnn", batch_norm="after_activation")
    shapes = [weight.shape for weight in before.weights]
    assert shapes == [weight.shape for weight in after.weights]
    noise = np.random.default_rng(2)
    weights = [np.abs(noise.normal(0.5, 0.2, shape)) for shape in shapes]
    before.set_weights(weights)
    after.set_weights(weights)
    images = noise.random((4, 28, 28, 1), dtype=np.float32)
    for training in (True, False):
        one, other = (
            np.asarray(model(images, training=training)) for model in (before, after)
        )
        assert np.abs(one - other).max() > 0.01


@pytest.mark.parametrize("name", models.BUILDERS)
def test_initial_weights_come_from_the_seed_alone(name):
    """Python's global generator, which other threads share, has no part in them."""
    found = []
    for disturbance, seed in ((0, 5), (1, 5), (0, 6)):
        random.seed(disturbance)
        model = models.build(name)
        before = [np.asarray(weight) for weight in model.weights]
        models.initialise(model, seed)
        found.append([np.asarray(weight) for weight in model.weights])
    for one, again, other, weight in zip(*found, before, strict=True):
        np.testing.assert_array_equal(one, again)
        if one.ndim > 1:
            assert not np.array_equal(one, other)
        if one.ndim > 1 and one.size > 100:  # fewer draws say little of their distribution
            # The same distribution: uniform, its width given by the kernel's shape.
            assert np.abs(one).max() <= np.abs(weight).max() * 1.2
            assert one.std() == pytest.approx(weight.std(), rel=0.2)
        elif one.ndim == 1:  # biases, averages, scales
            np.testing.assert_array_equal(one, weight)
    kernels = [weight.reshape(-1)[:9] for weight in found[0] if weight.ndim > 1]
    for index, kernel in enumerate(kernels):
        for later in kernels[index + 1 :]:
            assert not np.allclose(kernel / kernel[0], later / later[0])
