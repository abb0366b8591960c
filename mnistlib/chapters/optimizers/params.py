"""Parameters of the optimizer comparison."""

from pydantic import Field

from mnistlib.chapters.parameters import Choosing, Rates, Real


class Params(Choosing):
    """Parameters of the optimizer comparison."""

    sgd_rates: Rates = Field([0.01, 0.1], description="learning rates of SGD's grid")
    adam_rates: Rates = Field([0.001, 0.01], description="learning rates of Adam's grid")
    adadelta_rates: Rates = Field(
        [0.1, 1.0], description="learning rates of Adadelta's grid"
    )
    momentum: Real = Field(
        0.9, gt=0, lt=1, description="of the SGD runs with momentum; they share SGD's grid"
    )
