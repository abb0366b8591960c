"""Parameters of the notebook on tuning."""

from typing import Annotated

from pydantic import Field

from mnistlib.chapters.parameters import Choosing, Count, Rate, Real, list_of

Widths = list_of(Annotated[Count, Field(le=1024)], most=6)


class Params(Choosing):
    """Parameters of the notebook on tuning."""

    epochs: int = Field(3, ge=1, le=1000, description="passes over the training images")
    batch_size: int = Field(16, ge=1, le=4096, description="images per step")
    grid_epochs: int = Field(3, ge=1, le=100, description="epochs of the runs that choose")
    filters: Widths = Field([32, 64], description="filters of each convolution, searched")
    units: Widths = Field([32, 64], description="units of the hidden layer, searched")
    learning_rates: list_of(Rate, most=6) = Field(
        [0.01, 0.001, 0.0001], description="Adam's learning rates, searched"
    )
    rotation: Real = Field(10.0, ge=0, le=180, description="augmentation: degrees at most")
    shift: Real = Field(0.1, ge=0, lt=1, description="augmentation: share of the side")
    zoom: Real = Field(0.1, ge=0, lt=1, description="augmentation: share of the size")
    orders: int = Field(
        20, ge=1, le=10_000, description="replays of random search and of Hyperband"
    )
    bayesian_orders: int = Field(
        1, ge=1, le=1000, description="replays of Bayesian search, which is slow"
    )
