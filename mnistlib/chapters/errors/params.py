"""Parameters of the notebook on errors."""

from typing import Annotated

from pydantic import Field

from mnistlib.chapters.parameters import Images, OnImages, Seeds, Size


class Params(OnImages):
    """Parameters of the notebook on errors."""

    n_train: Annotated[Images, Size("train")] = Field(
        400, description="training images, validation included; None for all"
    )
    n_test: Annotated[Images, Size("test", least=10)] = Field(
        200, description="test images; None for all"
    )
    epochs: int | None = Field(
        2,
        ge=1,
        le=1000,
        description="passes over the training images; None: as each paper has it",
    )
    batch_size: int | None = Field(
        16, ge=1, le=4096, description="images per step; None: as each paper has it"
    )
    seeds: Seeds = Field([0, 1], description="of raut's network")
    system_seeds: Seeds = Field([0], description="of the other papers' systems")
    subset_images: Annotated[Images, Size("train")] = Field(
        200, description="training images of each subset of the crossed runs"
    )
    subset_epochs: int = Field(
        1, ge=1, le=1000, description="passes of the crossed runs over their subset"
    )
    subset_seeds: Seeds = Field([0, 1], description="one subset of images for each")
    weights_seeds: Seeds = Field([0, 1], description="one set of first weights for each")
    order_seeds: Seeds = Field([0], description="one order of the images for each")
