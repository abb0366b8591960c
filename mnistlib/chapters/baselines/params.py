"""Parameters of the comparison with classical baselines."""

from pydantic import Field

from mnistlib.chapters.parameters import Rate, Seeds, Training


class Params(Training):
    """Parameters of the comparison with classical baselines."""

    epochs: int = Field(5, ge=1, le=1000, description="passes over the training images")
    learning_rate: Rate = Field(0.001, description="of Adam, networks only")
    l2_seeds: Seeds = Field([0], description="seeds of the CNN on images of unit L2 length")
