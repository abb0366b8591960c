"""Keras's optimizers as TensorFlow's fused update operations: one pass over each weight.

The rules are those of Keras (a test compares the weights after several steps); Keras
computes them in five to ten passes, and for these small networks that is much of a step.
Where `backend.portable()` holds, Adadelta is computed in passes, too.
"""

import math

from mnistlib.ground import backend


def updates(optimizer, variables: list):
    """Return ``apply(gradients, rate, step)``, which moves the variables by one step.

    Args:
        optimizer: a ``keras.optimizers.SGD``, ``Adam`` or ``Adadelta`` without weight
            decay, clipping, averaging, ``nesterov`` or ``amsgrad``.
        variables: its Keras variables, float32.

    Args of the returned function:
        gradients: one tensor a variable.
        rate: scalar float32.
        step: scalar int64, 0 for the first step.

    Raises:
        ValueError: the optimizer is another, or has an option that is not supported.
    """
    import tensorflow as tf

    settings = optimizer.get_config()
    unsupported = {
        name
        for name in (
            "weight_decay",
            "clipnorm",
            "clipvalue",
            "global_clipnorm",
            "use_ema",
            "loss_scale_factor",
            "gradient_accumulation_steps",
            "nesterov",
            "amsgrad",
        )
        if settings.get(name)
    }
    kind = type(optimizer).__name__
    if unsupported or kind not in ("SGD", "Adam", "Adadelta"):
        raise ValueError(
            "optimizer must be a plain SGD, Adam or Adadelta. "
            f"Received: optimizer={kind} with {sorted(unsupported) or 'no option'}"
        )
    handles = [variable.value.handle for variable in variables]

    def zeros():
        return [tf.Variable(tf.zeros(v.shape), trainable=False) for v in variables]

    if kind == "SGD" and not settings["momentum"]:

        def apply(gradients, rate, step):
            for handle, gradient in zip(handles, gradients, strict=True):
                tf.raw_ops.ResourceApplyGradientDescent(
                    var=handle, alpha=rate, delta=gradient
                )

    elif kind == "SGD":
        velocities = zeros()

        def apply(gradients, rate, step):
            for handle, v, gradient in zip(handles, velocities, gradients, strict=True):
                tf.raw_ops.ResourceApplyKerasMomentum(
                    var=handle,
                    accum=v.handle,
                    lr=rate,
                    grad=gradient,
                    momentum=settings["momentum"],
                )

    elif kind == "Adam":
        beta_1, beta_2 = settings["beta_1"], settings["beta_2"]
        means, squares = zeros(), zeros()

        def apply(gradients, rate, step):
            # exp(t log b) in float64: a float32 power of .999 loses digits.
            t = tf.cast(step + 1, tf.float64)
            power_1 = tf.cast(tf.exp(t * math.log(beta_1)), tf.float32)
            power_2 = tf.cast(tf.exp(t * math.log(beta_2)), tf.float32)
            for handle, m, v, gradient in zip(
                handles, means, squares, gradients, strict=True
            ):
                tf.raw_ops.ResourceApplyAdam(
                    var=handle,
                    m=m.handle,
                    v=v.handle,
                    beta1_power=power_1,
                    beta2_power=power_2,
                    lr=rate,
                    beta1=beta_1,
                    beta2=beta_2,
                    epsilon=settings["epsilon"],
                    grad=gradient,
                )

    elif backend.portable():
        # The fused operation takes an approximate reciprocal root, which processors of
        # two makers round differently; a quotient and a root they do not. Not a quotient
        # of roots: TensorFlow's optimizer of graphs would turn that into the former.
        squares, moves = zeros(), zeros()
        rho, epsilon = settings["rho"], settings["epsilon"]

        def apply(gradients, rate, step):
            for variable, s, m, gradient in zip(
                variables, squares, moves, gradients, strict=True
            ):
                s.assign(s * rho + tf.square(gradient) * (1 - rho))
                move = tf.sqrt((m + epsilon) / (s + epsilon)) * gradient
                m.assign(m * rho + tf.square(move) * (1 - rho))
                variable.value.assign_sub(move * rate)

    else:
        squares, moves = zeros(), zeros()

        def apply(gradients, rate, step):
            for handle, s, m, gradient in zip(
                handles, squares, moves, gradients, strict=True
            ):
                tf.raw_ops.ResourceApplyAdadelta(
                    var=handle,
                    accum=s.handle,
                    accum_update=m.handle,
                    lr=rate,
                    rho=settings["rho"],
                    epsilon=settings["epsilon"],
                    grad=gradient,
                )

    return apply


def moving_average(averages: list, variables: list, momentum: float):
    """Return ``move(step)``, which takes the variables into their moving averages.

    ``average = m average + (1 - m) variable``, and the first step takes the variable, as
    Keras's optimizers do with ``use_ema``.

    Args:
        averages: TensorFlow variables of the variables' shapes.
        variables: Keras variables.
        momentum: m.

    Args of the returned function:
        step: scalar integer, 0 for the first step.
    """
    import tensorflow as tf

    def move(step):
        kept = tf.where(step > 0, tf.constant(momentum, tf.float32), 0.0)
        for average, variable in zip(averages, variables, strict=True):
            average.assign(average * kept + variable.value * (1.0 - kept))

    return move
