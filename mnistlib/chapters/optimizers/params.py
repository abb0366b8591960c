"""Parameters of the optimizer comparison."""

from pydantic import Field

from mnistlib.chapters.parameters import Choosing, Count, Rates, Real, Seeds, list_of


class Params(Choosing):
    """Parameters of the optimizer comparison."""

    sgd_rates: Rates = Field([0.01, 0.1], description="learning rates of SGD's grid")
    momentum_rates: Rates = Field(
        [0.001, 0.01], description="learning rates of the grid with momentum"
    )
    adam_rates: Rates = Field([0.001, 0.01], description="learning rates of Adam's grid")
    adadelta_rates: Rates = Field(
        [0.1, 1.0], description="learning rates of Adadelta's grid"
    )
    momentum: Real = Field(0.9, gt=0, lt=1, description="of the SGD runs with momentum")
    sensitivity_epochs: list_of(Count) = Field(
        [2], description="epochs of the paper's systems, varied"
    )
    sensitivity_batches: list_of(Count) = Field(
        [32, 128], description="batch sizes of these systems, varied"
    )
    sensitivity_seeds: Seeds = Field([0, 1], description="seeds of the varied systems")
