"""What the parameters of all notebooks share: their types, and how they are checked.

A chapter states its own in a class ``Params`` in ``chapters/<name>/params.py``. Its
notebook's ``parameters`` cell repeats the defaults (a test compares them), the next cell
checks what it was given, and the study's runner checks the same before anything runs.
"""

import ast
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from mnistlib.ground.errors import ParameterError
from mnistlib.ground.validation import Checked, one_line

_UP_TO = re.compile(r"up to ([1-9][0-9]*)")
# The first line of the cell that papermill writes.
_INJECTED = "# Parameters"


def _from_text(value: Any) -> Any:
    """Read ``"[0, 1]"`` and ``"1e-3"`` as JSON: papermill and YAML pass them as text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _distinct(values: list) -> list:
    if len(set(values)) != len(values):
        raise ValueError("each value must be given once")
    return values


def list_of(item: Any, most: int = 30) -> Any:
    """Return the type of a list of different items of a type, 1 to ``most`` of them.

    More settings, crossed with each other and with seeds, no machine would finish.
    """
    return Annotated[
        list[item],
        Field(min_length=1, max_length=most),
        AfterValidator(_distinct),
        BeforeValidator(_from_text),
    ]


@dataclass(frozen=True)
class Size:
    """A number of images: a whole number, ``"up to N"``, or None for all.

    ``"up to N"`` is N, or all where the data have fewer; see `NotebookParams.fitted`.

    Args:
        part: of the data set whose images are counted, ``"train"`` or ``"test"``.
        least: images, default 20.
        most: images; None (default) for what the data have. With it, None is no value.
    """

    part: str
    least: int = 20
    most: int | None = None

    def __get_pydantic_core_schema__(self, source, handler):
        checked = PlainValidator(self._checked)
        return checked.__get_pydantic_core_schema__(source, handler)

    def _checked(self, value: Any) -> int | str | None:
        if value is None and self.most is None:
            return value
        asked = self.limit(value) if isinstance(value, str) else value
        if (
            isinstance(asked, bool)
            or not isinstance(asked, int)
            or not self.least <= asked <= (self.most or asked)
        ):
            most = f" to {self.most:,}" if self.most else ""
            least = f"{self.least:,}{most}" if most else f"at least {self.least:,}"
            others = "'up to N'" if most else "'up to N', or None for all"
            raise ValueError(f"must be a whole number, {least}, or {others}")
        return value

    @staticmethod
    def limit(text: str) -> int | None:
        """Return the N of ``"up to N"``; None when the text says something else."""
        match = _UP_TO.fullmatch(text)
        return int(match[1]) if match and len(match[1]) < 10 else None

    def fitted(self, value: int | str | None, available: int) -> int | None:
        """Return how many images are used, None for all.

        Raises:
            ValueError: a whole number is more than there are.
        """
        if isinstance(value, str):
            asked = self.limit(value)
            return asked if asked < available else available if self.most else None
        if value is not None and value > available:
            raise ValueError(f"must be at most {available:,}")
        return value


Images = int | str | None
Count = Annotated[int, Field(ge=1)]
Real = Annotated[float, BeforeValidator(_from_text)]
Rate = Annotated[Real, Field(gt=0, le=100)]
Momentum = Annotated[Real, Field(ge=0, lt=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Seeds = list_of(Seed, most=100)
Rates = list_of(Rate)


class NotebookParams(Checked):
    """The parameters of a notebook; one subclass a chapter."""

    _cuts: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def cuts(self) -> dict[str, str]:
        """What `fitted` cut: parameter -> what was asked for and what there is."""
        return dict(self._cuts)

    def fitted(self, dataset):
        """Return the parameters with each ``"up to N"`` replaced by the size that is used.

        A cell may be run again: what is fitted already stays as it is.

        Args:
            dataset: a `mnistlib.data.Dataset`, the one that is used.

        Raises:
            ParameterError: a whole number is more images than the data have.
        """
        sizes, cuts, faults = {}, self.cuts, []
        for name, field in type(self).model_fields.items():
            size = next((part for part in field.metadata if isinstance(part, Size)), None)
            if size is None:
                continue
            value = getattr(self, name)
            available = len(getattr(dataset, f"y_{size.part}"))
            try:
                sizes[name] = size.fitted(value, available)
            except ValueError as error:
                faults.append(
                    f"{name} {error}, all that {dataset.name} has. Received: {name}="
                    f"{value!r} (int). Ask for fewer, or write {name}='up to {value}'"
                )
            if isinstance(value, str) and size.limit(value) > available:
                cuts[name] = (
                    f"asked for {value[:6]}{size.limit(value):,}; {dataset.name} has "
                    f"{available:,}: all are used"
                )
        if faults:
            raise ParameterError("; ".join(faults))
        fitted = self.model_copy(update=sizes)
        fitted._cuts = cuts
        return fitted

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], notebook: str | None = None):
        """Return the checked parameters; those left out have their defaults.

        Args:
            values: name -> value.
            notebook: for the message; default the chapter's name.

        Raises:
            ParameterError: a name is unknown, a type is wrong, a value out of range.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            names = list(cls.model_fields)
            what = f"parameters of {notebook or cls.__module__.split('.')[-2]}"
            raise ParameterError(one_line(error, what, names)) from None

    @classmethod
    def from_notebook(cls):
        """Return the checked parameters of the notebook in which this is called.

        Call it in the cell after the parameters. Any later run of that cell gives the
        same, whatever other variables there are by then.

        Raises:
            ParameterError: as ``from_mapping``.
        """
        shell = None
        if "IPython" in sys.modules:
            from IPython import get_ipython

            shell = get_ipython()
        if shell is None:  # the notebook was turned into a script
            return cls.from_cells(vars(sys.modules["__main__"]), [])
        return cls.from_cells(shell.user_ns, shell.history_manager.input_hist_raw[:-1])

    @classmethod
    def from_cells(cls, namespace: Mapping[str, Any], cells: Sequence[str]):
        """Return the checked parameters that a notebook's cells gave.

        Values are the variables' now. Names that are no parameter's are refused when the
        parameters' cells assign them: the last cells, papermill's and the notebook's own.

        Args:
            namespace: the notebook's variables.
            cells: sources of the cells that have run, in order.

        Raises:
            ParameterError: as ``from_mapping``.
        """
        known = set(cls.model_fields)
        names = {name for name in known if name in namespace}
        for source in reversed(cells):
            assigned, is_injected = _assigned(source), source.startswith(_INJECTED)
            if is_injected or known & assigned:
                names |= assigned - known
            if not is_injected:
                break
        return cls.from_mapping({name: namespace.get(name) for name in names})


def _assigned(source: str) -> set[str]:
    """Return the names that a cell assigns; none when it does anything else as well."""
    try:
        lines = ast.parse(source).body
    except SyntaxError:
        return set()
    if not all(isinstance(line, ast.Assign) for line in lines):
        return set()
    targets = [target for line in lines for target in line.targets]
    return {target.id for target in targets if isinstance(target, ast.Name)}


class OnImages(NotebookParams):
    """What the notebooks that look at a data set share."""

    dataset: Literal["auto", "mnist", "digits"] = Field(
        "auto", description="mnist, digits (bundled), or auto: MNIST if it can be had"
    )


class Training(OnImages):
    """What the notebooks that train networks share."""

    n_train: Annotated[Images, Size("train")] = Field(
        400, description="training images, validation included; None for all"
    )
    n_test: Annotated[Images, Size("test", least=10)] = Field(
        200, description="test images; None for all"
    )
    epochs: int = Field(2, ge=1, le=1000, description="passes over the training images")
    batch_size: int = Field(32, ge=1, le=4096, description="images per step")
    seeds: Seeds = Field([0, 1], description="one run of everything for each seed")


class Choosing(Training):
    """What the notebooks share that choose by a grid and test what they chose."""

    grid_seeds: Seeds = Field([100], description="seeds of the grid, apart from the others")

    @model_validator(mode="after")
    def _seeds_are_fresh(self):
        # What is chosen on some seeds looks better on them than on others.
        return self.require_apart("seeds", "grid_seeds")

    def require_apart(self, one: str, other: str):
        """Return these parameters; raise ValueError where two share a seed."""
        if shared := sorted(set(getattr(self, one)) & set(getattr(self, other))):
            raise ValueError(
                f"{one} and {other} must have no seed in common. "
                f"Received: {shared} in both (list)"
            )
        return self
