"""The parameters of each notebook: names, types, ranges, defaults and meanings.

A notebook's ``parameters`` cell repeats the defaults (a test compares them), its next cell
checks what it was given, and the study's runner checks the same before anything runs.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from mnistlib.ground.errors import ParameterError
from mnistlib.ground.validation import Checked, one_line
from mnistlib.training.spec import Scaling

# Names that a notebook's kernel defines by itself and that hold plain values.
_OF_THE_KERNEL = {"In", "Out"}
_PLAIN = (str, int, float, list, dict, tuple, set, type(None))


def _from_text(value: Any) -> Any:
    """Read ``"[0, 1]"`` and ``"1e-3"`` as JSON: papermill and YAML pass them as text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _distinct(values: list) -> list:
    if len(set(values)) != len(values):
        raise ValueError("each value must be given once")
    return values


def _list_of(item: Any) -> Any:
    return Annotated[
        list[item],
        Field(min_length=1),
        BeforeValidator(_distinct),
        BeforeValidator(_from_text),
    ]


Count = Annotated[int, Field(ge=1)]
Real = Annotated[float, BeforeValidator(_from_text)]
Rate = Annotated[Real, Field(gt=0, le=100)]
Seeds = _list_of(Annotated[int, Field(ge=0, lt=2**31)])
Rates = _list_of(Rate)
Counts = _list_of(Count)
Momentum = Annotated[Real, Field(ge=0, lt=1)]
Stages = _list_of(Annotated[int, Field(ge=1, le=4)])
Kernels = _list_of(Annotated[int, Field(ge=1, le=28)])


class NotebookParams(Checked):
    """The parameters that every notebook has; one subclass a notebook."""

    notebook: ClassVar[str]

    dataset: Literal["auto", "mnist", "digits"] = Field(
        "auto", description="mnist, digits (bundled), or auto: MNIST if it can be had"
    )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]):
        """Return the checked parameters; those left out have their defaults.

        Raises:
            ParameterError: a name is unknown, a type is wrong, a value out of range.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            names = list(cls.model_fields)
            message = one_line(error, f"parameters of {cls.notebook}", names)
            raise ParameterError(message) from None

    @classmethod
    def from_namespace(cls, namespace: Mapping[str, Any]):
        """Return the checked parameters out of a notebook's ``globals()``.

        Call it in the cell after the parameters, before other plain variables exist: any
        public plain value there that is not a parameter counts as an unknown one.

        Raises:
            ParameterError: as ``from_mapping``.
        """
        values = {
            name: value
            for name, value in namespace.items()
            if isinstance(value, _PLAIN) and not name.startswith("_")
        }
        for name in _OF_THE_KERNEL:
            values.pop(name, None)
        return cls.from_mapping(values)


class Training(NotebookParams):
    """What the notebooks that train networks share."""

    n_train: Count | None = Field(
        400, ge=20, description="training images, validation included; None for all"
    )
    n_test: Count | None = Field(200, ge=10, description="test images; None for all")
    epochs: int = Field(2, ge=1, le=1000, description="passes over the training images")
    batch_size: int = Field(32, ge=1, le=65536, description="images per step")
    seeds: Seeds = Field([0, 1], description="one run of everything for each seed")


class EdaParams(NotebookParams):
    """Parameters of the notebook on the data."""

    notebook: ClassVar[str] = "01_eda"
    n_map: int = Field(300, ge=50, le=10_000, description="images in the map of digits")
    n_neighbours: int = Field(
        300, ge=10, le=70_000, description="images searched for near-duplicates, each part"
    )
    seed: int = Field(0, ge=0, description="of the images that are drawn and of the map")


class OptimizersParams(Training):
    """Parameters of the optimizer comparison."""

    notebook: ClassVar[str] = "02_optimizers"
    sgd_rates: Rates = Field([0.01, 0.1], description="learning rates of SGD's grid")
    adam_rates: Rates = Field([0.001, 0.01], description="learning rates of Adam's grid")
    adadelta_rates: Rates = Field(
        [0.1, 1.0], description="learning rates of Adadelta's grid"
    )
    momentum: Real = Field(
        0.9, gt=0, lt=1, description="of the SGD runs with momentum; they share SGD's grid"
    )
    grid_seeds: Seeds = Field([100], description="seeds of the grid, apart from the others")

    @model_validator(mode="after")
    def _seeds_are_fresh(self):
        # What is chosen on some seeds looks better on them than on others.
        if shared := sorted(set(self.seeds) & set(self.grid_seeds)):
            raise ValueError(
                "seeds and grid_seeds must have no seed in common. "
                f"Received: {shared} in both (list)"
            )
        return self


class ComplexCnnParams(Training):
    """Parameters of the notebook on depth, width and kinds of layers."""

    notebook: ClassVar[str] = "03_complex_cnn"
    n_test: Count | None = Field(None, ge=10, description="test images; None for all")
    learning_rate: Rate = Field(0.01, description="of SGD for the paper's network")
    momentum: Momentum = Field(0.0, description="of SGD for the paper's network")
    family_rates: Rates = Field(
        [0.01], description="learning rates tried for each network of the family"
    )
    family_momentum: Momentum = Field(
        0.9, description="of SGD for the family; the paper's network is run with it too"
    )
    family_seeds: Seeds = Field([100], description="seeds of the family of networks")
    stages: Stages = Field([1, 2], description="pooling stages of the family, 1 to 4")
    convs_per_stage: Counts = Field([1], description="convolutions before each pooling")
    widths: Counts = Field([4, 16], description="filters of the family's first stage")
    kernel_sizes: Kernels = Field([3], description="side of the kernels, pixels, 1 to 28")


class BatchNormParams(Training):
    """Parameters of the notebook on batch normalisation and input scaling."""

    notebook: ClassVar[str] = "04_batch_norm"
    n_test: Count | None = Field(None, ge=10, description="test images; None for all")
    seeds: Seeds = Field([0], description="of the runs that are tested")
    learning_rates: Rates = Field([0.01], description="learning rates of SGD's grid")
    scalings: _list_of(Scaling) = Field(
        ["none", "unit"], description="how pixels are scaled in the grid"
    )
    momentum: Momentum = Field(0.0, description="of SGD, in all runs")
    grid_seeds: Seeds = Field([100], description="seeds of the grid, apart from the others")

    @model_validator(mode="after")
    def _seeds_are_fresh(self):
        if shared := sorted(set(self.seeds) & set(self.grid_seeds)):
            raise ValueError(
                "seeds and grid_seeds must have no seed in common. "
                f"Received: {shared} in both (list)"
            )
        return self


class BaselinesParams(Training):
    """Parameters of the comparison with classical baselines."""

    notebook: ClassVar[str] = "05_baselines"
    epochs: int = Field(5, ge=1, le=1000, description="passes over the training images")
    learning_rate: Real = Field(0.001, gt=0, le=100, description="of Adam, networks only")
    l2_seeds: Seeds = Field([0], description="seeds of the CNN on images of unit L2 length")


PARAMS: dict[str, type[NotebookParams]] = {
    cls.notebook: cls
    for cls in (
        EdaParams,
        OptimizersParams,
        ComplexCnnParams,
        BatchNormParams,
        BaselinesParams,
    )
}


def check(notebook: str, values: Mapping[str, Any]) -> NotebookParams:
    """Return the checked parameters of a notebook, by its name.

    Raises:
        ParameterError: the notebook is unknown, or as ``NotebookParams.from_mapping``.
    """
    if notebook not in PARAMS:
        raise ParameterError(
            f"notebook must be one of {', '.join(PARAMS)}. Received: notebook={notebook!r}"
        )
    return PARAMS[notebook].from_mapping(values)
