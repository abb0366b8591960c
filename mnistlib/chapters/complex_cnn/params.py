"""Parameters of the notebook on depth, width and kinds of layers."""

from typing import Annotated

from pydantic import Field, model_validator

from mnistlib.chapters.parameters import (
    Choosing,
    Images,
    Momentum,
    Rate,
    Rates,
    Size,
    list_of,
)

Stages = list_of(Annotated[int, Field(ge=1, le=4)])
# What a machine can bear: the widest has 25 million weights, the deepest 40 layers.
Depths = list_of(Annotated[int, Field(ge=1, le=10)])
Widths = list_of(Annotated[int, Field(ge=1, le=256)])
# One layer's outputs in a batch are then at most 28 x 28 x 2**17 floats, 411 MB.
WIDTH_TIMES_BATCH = 2**17
Kernels = list_of(Annotated[int, Field(ge=1, le=28)])


class Params(Choosing):
    """Parameters of the notebook on depth, width and kinds of layers."""

    n_test: Annotated[Images, Size("test", least=10)] = Field(
        None, description="test images; None for all"
    )
    learning_rate: Rate = Field(0.01, description="of SGD for the paper's network")
    momentum: Momentum = Field(0.0, description="of SGD for the paper's network")
    family_momentum: Momentum = Field(
        0.9, description="of SGD for the family; the paper's network is run with it too"
    )
    family_rates: Rates = Field(
        [0.01], description="learning rates tried for each network of the family"
    )
    grid_epochs: int = Field(
        1, ge=1, le=1000, description="epochs in which rates are tried"
    )
    family_epochs: int = Field(
        2, ge=1, le=1000, description="epochs of each network of the family at its rate"
    )
    stages: Stages = Field([1, 2], description="pooling stages of the family, 1 to 4")
    convs_per_stage: Depths = Field(
        [1], description="convolutions before each pooling, 1 to 10"
    )
    widths: Widths = Field(
        [4, 16], description="filters of the family's first stage, 1 to 256"
    )
    kernel_sizes: Kernels = Field([3], description="side of the kernels, pixels, 1 to 28")

    @model_validator(mode="after")
    def _a_batch_fits_into_memory(self):
        if max(self.widths) * self.batch_size > WIDTH_TIMES_BATCH:
            raise ValueError(
                "the largest of widths times batch_size must be at most "
                f"{WIDTH_TIMES_BATCH:,}, or a worker's memory would not do. Received: "
                f"widths={self.widths!r} (list), batch_size={self.batch_size} (int). "
                "Lower one of them"
            )
        return self
