"""One and two steps of every optimizer, computed by hand with Keras's conventions.

The expected values are worked out beside each case. Each case also fails for the nearest
other convention, which is named: a golden value that both would give tests nothing.
"""

import pytest

from mnistlib.ground import backend
from mnistlib.training.spec import NetworkSpec, make
from mnistlib.training.train import build_optimizer

BASE = {"dataset": "digits", "model": "base_cnn", "epochs": 1, "seed": 0}


def steps(gradients, learning_rates, **fields) -> list[float]:
    """Return one weight, 0 at first, after each step with the given gradient and rate."""
    backend.configure()
    import keras

    spec = make(NetworkSpec, **BASE, learning_rate=learning_rates[0], **fields)
    optimizer = build_optimizer(spec)
    weight = keras.Variable([0.0])
    after = []
    for gradient, rate in zip(gradients, learning_rates, strict=True):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor([gradient])], [weight])
        after.append(float(weight.numpy()[0]))
    return after


def test_sgd():
    # w1 = -0.1 * 0.5;  w2 = w1 - 0.1 * 0.25
    found = steps([0.5, 0.25], [0.1, 0.1], optimizer="sgd")
    assert found == pytest.approx([-0.05, -0.075], rel=1e-6)


def test_momentum_velocity_contains_the_rate():
    # v1 = -0.1 * 0.5 = -0.05;  v2 = 0.9 v1 - 0.01 * 0.25 = -0.0475;  w2 = v1 + v2.
    # A velocity of bare gradients gives w2 = -0.05 - 0.01 (0.9 * 0.5 + 0.25) = -0.057.
    found = steps([0.5, 0.25], [0.1, 0.01], optimizer="sgd", momentum=0.9)
    assert found == pytest.approx([-0.05, -0.0975], rel=1e-6)


def test_momentum_is_not_nesterov():
    # Nesterov's first step is 0.9 v1 - 0.1 * 0.5 = -0.095.
    (first,) = steps([0.5], [0.1], optimizer="sgd", momentum=0.9)
    assert first == pytest.approx(-0.05, rel=1e-6)


def test_adam_large_gradients():
    # Step 1 has the rate's length. Step 2: m = 0.9 * 0.05 + 0.1 * 0.25 = 0.07,
    # v = 0.999 * 0.00025 + 0.001 * 0.0625 = 0.00031225,
    # w2 = w1 - 0.1 * sqrt(1 - 0.998001) / (1 - 0.81) * 0.07 / sqrt(v)
    #    = -0.1 - 0.1 * 0.235318 * 0.07 / 0.0176706 = -0.193217.
    # Without the correction for the start at zero, w1 is -0.1 * 0.05 / 0.0158 = -0.316.
    found = steps([0.5, 0.25], [0.1, 0.1], optimizer="adam")
    assert found == pytest.approx([-0.1, -0.193217], rel=3e-5)


def test_adam_epsilon_is_beside_the_uncorrected_root():
    # g = 1e-6: m = 1e-7, sqrt(v) = sqrt(0.001) g = 3.16228e-8,
    # w1 = -0.1 * sqrt(0.001) / 0.1 * 1e-7 / (3.16228e-8 + 1e-7) = -0.0240253.
    # Beside the corrected root it is -0.1 * 1e-6 / (1e-6 + 1e-7) = -0.0909; inside the
    # root, epsilon would leave nearly nothing of the step.
    (first,) = steps([1e-6], [0.1], optimizer="adam")
    assert first == pytest.approx(-0.0240253, rel=1e-5)


def test_adadelta_epsilon_is_inside_both_roots():
    # a = 0.05 * 0.25 = 0.0125;  w1 = -sqrt(1e-7) / sqrt(0.0125 + 1e-7) * 0.5.
    # With Zeiler's epsilon, 1e-6, it is -0.00447; outside the roots, -4.5e-7.
    (first,) = steps([0.5], [1.0], optimizer="adadelta")
    assert first == pytest.approx(-0.00141421, rel=1e-5)


def test_adadelta_rate_multiplies_the_step_but_not_its_memory():
    # d1 = -0.00141421;  b = 0.05 d1^2 = 1e-7;  a2 = 0.95 * 0.0125 + 0.05 * 0.0625 = 0.015,
    # d2 = -sqrt(2e-7) / sqrt(0.015) * 0.25 = -0.000912867;  w2 = 0.5 (d1 + d2).
    # Were b kept of the scaled steps, w2 would be -0.00106794.
    found = steps([0.5, 0.25], [0.5, 0.5], optimizer="adadelta")
    assert found == pytest.approx([-0.000707104, -0.00116354], rel=1e-5)
