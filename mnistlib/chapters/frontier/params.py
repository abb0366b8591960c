"""Parameters of the notebook on the fewest errors."""

from typing import Annotated

from pydantic import Field, model_validator

from mnistlib.chapters.parameters import Choosing, Count, Images, Seeds, Size, list_of
from mnistlib.training.spec import Precision


class Params(Choosing):
    """Parameters of the notebook on the fewest errors."""

    n_train: Annotated[Images, Size("train")] = Field(
        240, description="training images of the final runs; None for all"
    )
    epochs: int = Field(3, ge=1, le=1000, description="passes of the final runs")
    batch_size: int = Field(4, ge=1, le=4096, description="images per step")
    ema_share: float = Field(
        0.07, ge=0, lt=1, description="of a run's steps that weights are averaged over"
    )
    precision: Precision = Field(
        "float32",
        description="of a layer's numbers in training; with bfloat16, half the bits",
    )
    search_images: Annotated[Images, Size("train", least=60)] = Field(
        120, description="training images of the search, validation included"
    )
    search_epochs: int = Field(2, ge=1, le=1000, description="epochs of the search")
    search_width: int = Field(
        8, ge=1, le=128, description="filters at first, where ingredients are tried"
    )
    confirm_seeds: Seeds = Field(
        [110], description="of the recipe and what replaces it, once more; apart from all"
    )
    confirm_epochs: int = Field(2, ge=1, le=1000, description="epochs of these")
    second_seeds: Seeds = Field([0], description="of the second final network")
    short_epochs: list_of(Count, most=10) = Field(
        [1], description="of shorter runs, for the picture of costs"
    )
    watch_seeds: Seeds = Field(
        [0], description="of runs that are tested after each epoch, to show what that adds"
    )
    watch_epochs: int = Field(3, ge=1, le=1000, description="epochs of these")
    widths: list_of(Count, most=20) = Field(
        [1, 4], description="filters at first of networks that are made small"
    )
    width_epochs: int = Field(2, ge=1, le=1000, description="epochs of the small networks")
    width_seeds: Seeds = Field([0], description="of the small networks")
    paper_epochs: int | None = Field(
        1, ge=1, le=1000, description="of the papers' systems; None: as each paper has it"
    )
    paper_batch: int | None = Field(
        16, ge=1, le=4096, description="images per step of these; None: as each has it"
    )
    paper_seeds: Seeds = Field([0], description="of the papers' systems")

    @model_validator(mode="after")
    def _confirmed_by_others(self):
        return self.require_apart("confirm_seeds", "grid_seeds")
