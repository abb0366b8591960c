"""The quick engine: every layer, update and epoch held to Keras's own."""

import importlib

import numpy as np
import pytest

from mnistlib import data, models
from mnistlib.ground import backend
from mnistlib.ground.errors import RunError
from mnistlib.training import augment, engine_tensorflow, train
from mnistlib.training import engine_tensorflow_layers as quick_layers
from mnistlib.training.engine_tensorflow_updates import updates
from mnistlib.training.spec import NetworkSpec, make

SPEC = make(
    NetworkSpec,
    dataset="digits",
    model="base_cnn",
    optimizer="adam",
    learning_rate=0.001,
    batch_size=32,
    epochs=3,
    seed=0,
)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    backend.configure()


def values_and_gradients(call, model, x, upstream):
    """Return outputs, gradients of the input and of the weights, and the weights after."""
    import tensorflow as tf

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = call(x)
        loss = tf.reduce_sum(y * upstream)
    gradients = tape.gradient(loss, [x, *model.trainable_variables])
    return [y, *gradients, *(weight.value for weight in model.weights)]


def assert_as_keras(build, x, training=True, rtol=1e-4, atol=1e-5):
    """Build twice with the same seed; compare the quick layers with Keras's call."""
    import keras

    found, rng = [], np.random.default_rng(1)
    upstream = None
    for way in ("quick", "keras"):
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input(x.shape[1:]), *build(keras.layers)])
        for weight in model.weights:  # zeros and ones would hide mistakes
            weight.assign(
                weight
                + 0.3
                * np.cos(np.arange(weight.value.shape.num_elements())).reshape(weight.shape)
            )
        if upstream is None:
            upstream = rng.normal(size=(len(x), *model.output_shape[1:])).astype("float32")
        quick = quick_layers.forward(model)
        call = {
            "quick": lambda x, quick=quick: quick(x, training),
            "keras": lambda x, model=model: model(x, training=training),
        }[way]
        found.append(values_and_gradients(call, model, x, upstream))
    assert len(found[0]) > 1
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)
    return found


def test_pool_before_relu_is_relu_before_pool():
    """Odd sides, and whole numbers from -2 to 2: most windows have ties, or no positive."""
    x = np.random.default_rng(0).integers(-2, 3, (4, 7, 9, 3)).astype("float32")
    ours, theirs = assert_as_keras(lambda L: [L.ReLU(), L.MaxPooling2D()], x)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)
    assert np.count_nonzero(ours[1]) > 20


def test_the_order_is_exchanged_only_where_that_is_allowed():
    """A leaky or capped ReLU and an average pool keep their places."""
    x = np.random.default_rng(0).normal(size=(4, 6, 6, 2)).astype("float32")
    assert_as_keras(lambda L: [L.ReLU(negative_slope=0.1), L.MaxPooling2D()], x)
    assert_as_keras(lambda L: [L.ReLU(max_value=0.5), L.MaxPooling2D()], x)
    assert_as_keras(lambda L: [L.ReLU(), L.AveragePooling2D(2)], x)


@pytest.mark.parametrize("shape", [(6, 5, 4, 3), (7, 11), (1, 2, 2, 3)])
@pytest.mark.parametrize("training", [True, False])
def test_fused_batch_norm(shape, training):
    x = np.random.default_rng(0).normal(2.0, 3.0, size=shape).astype("float32")
    assert_as_keras(lambda L: [L.BatchNormalization()], x, training, atol=1e-4)


@pytest.mark.parametrize("name", [n for n in models.BUILDERS if n != "sayee_cnn"])
def test_every_network_forward_and_backward(name):
    """Without dropout, which draws other numbers here than in Keras."""
    layers = {"dropout": 0.0} if "dropout" in models.arguments(name) else {}
    x = np.random.default_rng(0).uniform(size=(5, 28, 28, 1)).astype("float32")
    assert_as_keras(lambda L: models.build(name, **layers).layers, x, atol=2e-4, rtol=1e-3)


def test_the_deep_network_forward_and_backward():
    x = np.random.default_rng(0).uniform(size=(5, 28, 28, 1)).astype("float32")
    layers = {"dropout": False}
    build = lambda L: models.build("sayee_cnn", **layers).layers  # noqa: E731
    assert_as_keras(build, x, atol=2e-3, rtol=1e-3)
    build = lambda L: models.build("sayee_cnn").layers  # noqa: E731
    assert_as_keras(build, x, training=False, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("rate", [0.25, 0.5, 0.3])
def test_dropout_drops_the_share_scales_the_rest_and_passes_gradients(rate):
    """0.25 and 0.5 take the way by bytes, 0.3 that by floats."""
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input((101, 99)), keras.layers.Dropout(rate)])
    call = quick_layers.forward(model)
    x = tf.ones((7, 101, 99))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = call(x, True, tf.constant([3, 4]))
    np.testing.assert_array_equal(tape.gradient(y, x), y)  # d(x m)/dx = m = y at x = 1
    n = 7 * 101 * 99
    dropped = float(np.mean(y.numpy() == 0))
    assert abs(dropped - rate) < 5 * np.sqrt(rate * (1 - rate) / n)
    np.testing.assert_allclose(y.numpy()[y.numpy() != 0], 1 / (1 - rate), rtol=1e-6)
    # Rows, columns and neighbours alike: no pattern in what is dropped.
    kept = y.numpy() != 0
    for axis in (0, 1, 2):
        pairs = np.mean(kept & np.roll(kept, 1, axis))
        assert abs(pairs - (1 - rate) ** 2) < 6 / np.sqrt(n)
    again, other = (call(x, True, tf.constant(seed)) for seed in ([3, 4], [3, 5]))
    np.testing.assert_array_equal(y, again)
    assert not np.array_equal(y, other)
    np.testing.assert_array_equal(call(x, False), x)


def test_two_dropout_layers_drop_differently():
    import keras
    import tensorflow as tf

    layers = [keras.layers.Dropout(0.5), keras.layers.Dropout(0.5)]
    call = quick_layers.forward(keras.Sequential([keras.Input((1000,)), *layers]))
    kept = call(tf.ones((10, 1000)), True, tf.constant([0, 0])).numpy() != 0
    assert 0.2 < kept.mean() < 0.3


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("SGD", {"learning_rate": 0.1}),
        ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
        ("Adam", {"learning_rate": 0.01}),
        ("Adam", {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}),
        ("Adadelta", {"learning_rate": 1.0}),
        ("Adadelta", {"learning_rate": 3.0, "rho": 0.5, "epsilon": 1e-4}),
    ],
)
@pytest.mark.parametrize("portable", ["0", "1"])
def test_an_update_is_keras_update(name, arguments, portable, monkeypatch):
    import keras
    import tensorflow as tf

    monkeypatch.setenv("MNISTLIB_PORTABLE", portable)

    rng = np.random.default_rng(0)
    start = [rng.normal(size=shape).astype("float32") for shape in ((3, 4), (5,))]
    found = []
    for way in ("ours", "keras"):
        optimizer = getattr(keras.optimizers, name)(**arguments)
        variables = [keras.Variable(value) for value in start]
        apply = updates(optimizer, variables) if way == "ours" else None
        draws = np.random.default_rng(1)
        for step in range(20):
            gradients = [
                tf.constant(draws.normal(size=v.shape).astype("float32")) for v in variables
            ]
            if way == "ours":
                rate = tf.constant(arguments["learning_rate"])
                apply(gradients, rate, tf.constant(step))
            else:
                optimizer.apply(gradients, variables)
        found.append([v.numpy() for v in variables])
    for ours, keras_value, before in zip(*found, start, strict=True):
        np.testing.assert_allclose(ours, keras_value, rtol=2e-5, atol=2e-6)
        assert np.abs(ours - before).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "arguments", "named"),
    [
        ("RMSprop", {}, "RMSprop"),
        ("Adam", {"amsgrad": True}, "amsgrad"),
        ("SGD", {"momentum": 0.9, "nesterov": True}, "nesterov"),
        ("Adam", {"weight_decay": 0.1}, "weight_decay"),
        ("SGD", {"clipnorm": 1.0}, "clipnorm"),
    ],
)
def test_an_update_that_is_not_known_is_refused(name, arguments, named):
    import keras

    optimizer = getattr(keras.optimizers, name)(**arguments)
    with pytest.raises(ValueError, match=f"plain SGD, Adam or Adadelta.*{named}"):
        updates(optimizer, [])


def images(n: int):
    cut = data.split(
        data.load("digits"),
        method="stratified",
        val_fraction=0.0,
        n_train=n,
        n_test=67,
        seed=0,
    )
    x_train, _, x_test = data.scale(cut, "unit")
    return x_train, cut.y_train, x_test


@pytest.mark.parametrize(
    ("changes", "epochs", "rel"),
    [
        ({"optimizer": "sgd", "learning_rate": 0.05, "momentum": 0.9}, 3, 1e-6),
        ({"optimizer": "adam", "learning_rate": 0.001, "schedule": "triangle"}, 3, 1e-5),
        ({"optimizer": "adadelta", "learning_rate": 1.0}, 3, 1e-6),
        (
            {"rotation": 10.0, "shift": 0.1, "zoom": 0.1, "schedule": "warmup_cosine"},
            3,
            1e-5,
        ),
        # Divided by the spread of few values, the last digits soon go their own ways.
        ({"model_args": {"batch_norm": "after_activation"}}, 1, 1e-4),
        ({"label_smoothing": 0.1}, 3, 1e-5),
        ({"ema_momentum": 0.9}, 3, 1e-5),
        ({"elastic": 1.0, "shear": 10.0, "rotation": 10.0}, 2, 1e-4),
    ],
    ids=[
        *("sgd", "adam triangle", "adadelta", "augmented", "batch norm"),
        *("smoothed", "averaged", "elastic"),
    ],
)
def test_an_epoch_is_keras_fit(changes, epochs, rel):
    """Same weights, same order, same moves: Keras's own fit and ours end in one place."""
    import keras

    from mnistlib.training import engine_keras, engine_tensorflow

    x, y, x_test = images(150)
    spec = make(NetworkSpec, **dict(SPEC) | changes)
    rates = train.learning_rates(spec, len(x))
    found = []
    for module in (engine_tensorflow, engine_keras):
        keras.utils.set_random_seed(0)
        model = models.build(spec.model, **spec.model_args)
        optimizer = train.build_optimizer(spec)
        engine = module.Engine(
            model,
            optimizer,
            x,
            y,
            32,
            rates,
            label_smoothing=spec.label_smoothing,
            ema_momentum=spec.ema_momentum,
        )
        results = []
        for epoch in range(1, epochs + 1):
            results.append(engine.train_epoch(*train.draw_epoch(spec, epoch, len(x))))
            logits = engine.logits(x_test, batch_size=10)  # leaves the training as it was
        maps = augment.draw(len(x_test), np.random.default_rng(0), 10.0, 0.1, 0.1)
        moved = engine.logits(x_test, maps, batch_size=10)
        found.append((results, np.stack([logits, moved])))
        assert np.abs(moved - logits).max() > 0.1
    (ours, our_logits), (keras_epochs, keras_logits) = found
    for (our_loss, our_hits), (keras_loss, keras_hits) in zip(
        ours, keras_epochs, strict=True
    ):
        assert our_loss == pytest.approx(keras_loss, rel=rel)
        assert our_hits == keras_hits
    np.testing.assert_allclose(our_logits, keras_logits, atol=1e3 * rel)


def test_a_run_is_evaluated_and_kept_with_its_averaged_weights():
    """With the momentum all but 1, the average hardly leaves the first step's weights."""
    fields = dict(SPEC) | {"evaluate_on": "test", "n_train": 200, "n_test": 50}
    losses, weights = {}, {}
    for momentum in (0.0, 0.5, 1 - 1e-7):
        spec = make(NetworkSpec, **fields | {"ema_momentum": momentum})
        kept: dict = {}
        record = train.train(spec, data.load("digits"), kept)
        losses[momentum], weights[momentum] = record.test["loss"], kept
        model = models.build(spec.model)
        for weight in model.weights:
            weight.assign(kept[weight.path])
        seen = data.load("digits").x_test[record.test_index, ..., None] / np.float32(255)
        said = np.asarray(model(seen)).argmax(axis=1)
        np.testing.assert_array_equal(said, record.predictions)
    plain, near, first = losses.values()
    assert plain != near
    assert abs(plain - near) < 0.2 < first - plain
    assert weights[0.5].keys() == weights[0.0].keys()


def test_half_as_many_bits_train_and_all_of_them_evaluate():
    """Both engines alike: near float32 and not it; what is kept is a network in float32."""
    import keras

    x, y, x_test = images(150)
    fields = {"model": "frontier_cnn", "learning_rate": 0.003, "ema_momentum": 0.5}
    spec = make(NetworkSpec, **dict(SPEC) | fields)
    args = {"width": 8, "dropout": 0.0}
    losses, logits = {}, {}
    for way in ("engine_tensorflow", "engine_keras"):
        module = importlib.import_module(f"mnistlib.training.{way}")
        for precision in ("float32", "bfloat16"):
            keras.utils.set_random_seed(0)
            model = models.build(spec.model, **args)
            engine = module.Engine(
                model,
                train.build_optimizer(spec),
                x,
                y,
                32,
                train.learning_rates(spec, len(x)),
                ema_momentum=spec.ema_momentum,
                precision=precision,
            )
            passes = []
            for epoch in (1, 2, 3):
                passes.append(engine.train_epoch(*train.draw_epoch(spec, epoch, len(x)))[0])
                seen = engine.logits(x_test)
            losses[way, precision], logits[way, precision] = passes, seen
            assert {weight.dtype for weight in model.weights} == {"float32"}
            assert {layer.compute_dtype for layer in model.layers} == {"float32"}
            engine.finalize()
            np.testing.assert_allclose(model(x_test), seen, atol=1e-4)
    for way in ("engine_tensorflow", "engine_keras"):
        half, whole = losses[way, "bfloat16"], losses[way, "float32"]
        assert half[0] != pytest.approx(whole[0], rel=1e-5)
        np.testing.assert_allclose(half, whole, rtol=0.03)
        assert half[-1] < 0.7 * half[0]
    ours, keras_own = (logits[way, "bfloat16"] for way in ("engine_tensorflow", way))
    apart = np.abs(ours - keras_own).max()
    assert apart < np.abs(ours).max() / 10


def test_half_as_many_bits_repeat_to_the_bit():
    fields = dict(SPEC) | {"precision": "bfloat16", "n_train": 200, "epochs": 2}
    weights: list[dict] = [{}, {}]
    for kept in weights:
        train.train(make(NetworkSpec, **fields), data.load("digits"), kept)
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value, weights[1][name])
        assert value.dtype == np.float32


def test_half_as_many_bits_are_not_among_the_portable_kernels(monkeypatch):
    monkeypatch.setenv("MNISTLIB_PORTABLE", "1")
    spec = make(NetworkSpec, **dict(SPEC) | {"precision": "bfloat16"})
    with pytest.raises(RunError, match=r"MNISTLIB_PORTABLE=1.*Received: 'bfloat16'.*unset"):
        train.train(spec, data.load("digits"))


@pytest.mark.parametrize("engine", ["engine_tensorflow", "engine_keras"])
@pytest.mark.parametrize(
    ("name", "model_args"),
    [
        ("raj_prose_cnn", {}),
        ("raj_steps_cnn", {}),
        ("raj_channel_cnn", {}),
        ("asher_cnn", {"filters": 32, "units": 32, "convs": 1}),
        ("asher_cnn", {"filters": 32, "units": 32, "convs": 2}),
    ],
)
def test_both_engines_train_what_the_texts_describe(name, model_args, engine):
    module = importlib.import_module(f"mnistlib.training.{engine}")
    x, y, _ = images(300)
    fields = {"model": name, "model_args": model_args, "learning_rate": 0.003, "epochs": 4}
    spec = make(NetworkSpec, **dict(SPEC) | fields)
    model = models.build(name, **model_args)
    models.initialise(model, spec.seed)
    rates = train.learning_rates(spec, len(x))
    trained = module.Engine(model, train.build_optimizer(spec), x, y, 32, rates, 0)
    for epoch in range(1, spec.epochs + 1):
        trained.train_epoch(*train.draw_epoch(spec, epoch, len(x)))
    assert np.mean(trained.logits(x).argmax(axis=1) == y) > 0.6


def test_the_deep_network_learns_with_all_its_parts():
    """Batch norm, dropout, augmentation and schedule together, twice the same.

    Judged on the training images: after so few steps the running averages lag behind.
    """
    spec = make(
        NetworkSpec,
        **dict(SPEC)
        | {
            "model": "sayee_cnn",
            "schedule": "triangle",
            "learning_rate": 0.005,
            "rotation": 10.0,
            "shift": 0.05,
            "zoom": 0.1,
            "n_train": 500,
            "epochs": 5,
        },
    )
    first, again = (train.train(spec, data.load("digits")).history for _ in range(2))
    assert first[-1]["train_accuracy"] > 0.7
    assert first[-1]["train_loss"] < first[0]["train_loss"] / 2
    assert [e["train_loss"] for e in first] == [e["train_loss"] for e in again]


def test_images_are_not_copied_where_they_can_be_used_as_they_are():
    """The tensor sees a change of the array's memory, and outlives the array's name."""
    memory = np.zeros(4 * 100 + 64, np.uint8)
    start = -memory.ctypes.data % 64
    x = memory[start : start + 400].view(np.float32)
    tensor = engine_tensorflow._in_place(x)
    x[3] = 7
    assert tensor.numpy()[3] == 7
    del memory, x
    np.testing.assert_array_equal(tensor.numpy(), [0, 0, 0, 7, *[0] * 96])


@pytest.mark.parametrize("kind", ["misaligned", "strided", "read-only"])
def test_other_images_are_copied(kind):
    memory = np.arange(1000, dtype=np.float32)
    x = memory[(-memory.ctypes.data % 64) // 4 :][:800]
    x = {"misaligned": x[1:], "strided": x[::2], "read-only": x}[kind]
    if kind == "read-only":
        x.flags.writeable = False
    before = x.copy()
    tensor = engine_tensorflow._in_place(x)
    np.testing.assert_array_equal(tensor.numpy(), before)
    memory[:] = -1
    np.testing.assert_array_equal(tensor.numpy(), before)
