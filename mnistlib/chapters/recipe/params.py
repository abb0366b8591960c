"""Parameters of the notebook on augmentation, regularisation and a schedule."""

from typing import Annotated

from pydantic import Field, model_validator

from mnistlib.chapters.parameters import Images, Seeds, Size, Training


class Params(Training):
    """Parameters of the notebook on augmentation, regularisation and a schedule."""

    n_train: Annotated[Images, Size("train")] = Field(
        200, description="training images; None for all"
    )
    n_test: Annotated[Images, Size("test", least=10)] = Field(
        100, description="test images, seen after each epoch; None for all"
    )
    batch_size: int = Field(16, ge=1, le=4096, description="images per step")
    seeds: Seeds = Field([0, 1], description="of the network with padding `same`")
    valid_seeds: Seeds = Field([0], description="of the network with padding `valid`")
    reading_seeds: Seeds = Field(
        [0], description="of the other schedule, and of the runs with images held out"
    )
    factorial_images: Annotated[Images, Size("train", least=60)] = Field(
        120, description="training images of the factorial, validation included"
    )
    factorial_epochs: int = Field(
        1, ge=1, le=1000, description="epochs of the factorial's runs"
    )
    factorial_seeds: Seeds = Field([100], description="seeds of the factorial")

    @model_validator(mode="after")
    def _readings_share_a_seed(self):
        for name in ("valid_seeds", "reading_seeds"):
            if not set(getattr(self, name)) & set(self.seeds):
                raise ValueError(
                    f"{name} must have a seed of seeds, {self.seeds}, since readings are "
                    f"compared on the seeds that both share. Received: "
                    f"{name}={getattr(self, name)!r} (list)"
                )
        return self
