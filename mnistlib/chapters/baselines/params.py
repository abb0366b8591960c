"""Parameters of the comparison with classical baselines."""

from pydantic import Field

from mnistlib.chapters.parameters import Rate, Seeds, Training


class Params(Training):
    """Parameters of the comparison with classical baselines."""

    epochs: int = Field(5, ge=1, le=1000, description="passes over the training images")
    learning_rate: Rate = Field(0.001, description="of Adam, networks only")
    cnn_seeds: Seeds = Field([0], description="further seeds of the CNN of Fig. 10")
    l2_seeds: Seeds = Field([0], description="seeds of the CNN on unit L2 columns")
    reading_seeds: Seeds = Field(
        [0], description="seeds of the text's networks, asher's, and systems on all images"
    )

    @property
    def of_cnn(self) -> list[int]:
        """All seeds of the CNN: whatever is held against it has a run of it to meet."""
        return sorted({*self.seeds, *self.cnn_seeds, *self.of_l2})

    @property
    def of_l2(self) -> list[int]:
        """All seeds of the CNN on unit L2 columns."""
        return sorted({*self.l2_seeds, *self.reading_seeds})

    @property
    def of_ann(self) -> list[int]:
        """All seeds of the ANN."""
        return sorted({*self.seeds, *self.reading_seeds})
