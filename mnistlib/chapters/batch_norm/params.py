"""Parameters of the notebook on batch normalisation and input scaling."""

from typing import Annotated

from pydantic import Field

from mnistlib.chapters.parameters import (
    Choosing,
    Images,
    Momentum,
    Rates,
    Seeds,
    Size,
    list_of,
)
from mnistlib.training.spec import Scaling


class Params(Choosing):
    """Parameters of the notebook on batch normalisation and input scaling."""

    n_test: Annotated[Images, Size("test", least=10)] = Field(
        None, description="test images; None for all"
    )
    epochs: int = Field(2, ge=1, le=1000, description="of the runs that are tested")
    grid_epochs: int = Field(2, ge=1, le=1000, description="of the runs of the grid")
    seeds: Seeds = Field([0], description="of the runs that are tested")
    learning_rates: Rates = Field([0.01], description="learning rates of SGD's grid")
    unscaled_rates: Rates = Field(
        [0.0001], description="further, smaller rates for unscaled pixels"
    )
    scalings: list_of(Scaling) = Field(
        ["none", "unit"], description="how pixels are scaled in the grid"
    )
    momentum: Momentum = Field(0.0, description="of SGD, except in the second reading")
    other_momentum: Momentum = Field(
        0.9, description="of SGD, in a second reading of the paper's setting"
    )
