"""Numbers of 16 bits within a network, while it is trained.

A ``bfloat16`` is the first half of a ``float32``: the same range, 8 bits of precision. As
in Keras's ``mixed_bfloat16``, layers compute with such numbers, while the weights, their
updates, batch normalisation's statistics and the loss stay float32. A network is evaluated,
and kept, in float32 whatever it was trained in.

Processors with AVX-512 BF16 or AMX multiply twice as many of them at a time; on others they
are slower than float32.
"""

from contextlib import contextmanager

from mnistlib.ground import backend
from mnistlib.ground.errors import RunError
from mnistlib.training.spec import Precision

_POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def require_possible(precision: Precision) -> None:
    """Raise unless the kernels in use have numbers of this precision.

    Raises:
        RunError: the kernels are those that x86-64 processors share.
    """
    if precision != "float32" and backend.portable():
        raise RunError(
            "precision must be 'float32' where MNISTLIB_PORTABLE=1: the kernels that every "
            f"processor with AVX2 has know no other. Received: {precision!r} (str); unset "
            "the variable, or train in float32"
        )


@contextmanager
def computed_in(model, precision: Precision):
    """Let a model's layers compute in a precision: calls that are traced meanwhile keep it.

    Args:
        model: a Keras model in float32.
        precision: of the layers' inputs, outputs and gradients; the weights stay float32.
    """
    import keras

    def set_all(policy: str) -> None:
        for layer in model.layers:
            layer.dtype_policy = keras.DTypePolicy(policy)

    set_all(_POLICIES[precision])
    try:
        yield
    finally:
        set_all("float32")
