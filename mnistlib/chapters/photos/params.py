"""Parameters of the notebook on photographs."""

from typing import Annotated

from pydantic import Field

from mnistlib.chapters.parameters import Images, Seeds, Size, Training


class Params(Training):
    """Parameters of the notebook on photographs."""

    n_test: Annotated[Images, Size("test", least=10)] = Field(
        30, description="test images that are damaged; None for all"
    )
    epochs: int = Field(4, ge=1, le=1000, description="passes over the training images")
    batch_size: int = Field(8, ge=1, le=4096, description="images per step")
    photos: int = Field(
        2, ge=1, le=1000, description="photographs of each kind and each source of digits"
    )
    ablation_photos: int = Field(
        1,
        ge=1,
        le=1000,
        description="of each kind and source, others, read with a step left out",
    )
    strings: int = Field(2, ge=1, le=1000, description="lines of digits of each kind")
    system_images: Annotated[Images, Size("train")] = Field(
        200,
        description="images of the networks that are compared, validation included; "
        "None for all",
    )
    system_epochs: int = Field(3, ge=1, le=100, description="epochs of these networks")
    system_batch: int = Field(8, ge=1, le=4096, description="images per step of these")
    system_seeds: Seeds = Field([0], description="a network of each for each seed")
