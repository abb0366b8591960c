"""What the networks' builders share: a named Sequential, a layer with its ReLU."""

from typing import Literal

BatchNorm = Literal["none", "before_activation", "after_activation"]


def sequential(name: str, layers: list):
    import keras

    return keras.Sequential([keras.Input((28, 28, 1), name="image"), *layers], name=name)


def require_one_of(name: str, value, allowed) -> None:
    if value not in allowed:
        raise ValueError(
            f"{name} must be one of {', '.join(map(str, allowed))}. "
            f"Received: {name}={value!r} ({type(value).__name__})"
        )


def activated(layer, name: str, batch_norm: BatchNorm) -> list:
    """Return ``layer`` with its ReLU, and batch normalisation on the side asked for.

    The layer keeps its bias in all variants (Keras's default; the paper does not say).
    Keras's defaults: momentum .99 is the weight of the old average, epsilon 1e-3.
    """
    import keras

    require_one_of("batch_norm", batch_norm, BatchNorm.__args__)
    relu = keras.layers.ReLU(name=f"{name}_relu")
    if batch_norm == "none":
        return [layer, relu]
    normalise = keras.layers.BatchNormalization(name=f"{name}_bn")
    if batch_norm == "before_activation":
        return [layer, normalise, relu]
    return [layer, relu, normalise]
