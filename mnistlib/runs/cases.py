"""An experiment written as a grid: a case is a spec with the labels it goes by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from mnistlib import models
from mnistlib.ground.errors import SpecError
from mnistlib.runs.job import Spec
from mnistlib.training.spec import ClassicalSpec, NetworkSpec, make


@dataclass(frozen=True)
class Case:
    """A run that is wanted, and what its chapter calls it.

    Attributes:
        spec: what is run.
        labels: column -> value, for the tables of `mnistlib.runs.Runs`; beside the spec's
            own fields, which are columns anyway.
    """

    spec: Spec
    labels: dict[str, Any] = field(default_factory=dict)


def cases(base: Mapping[str, Any], **axes: Sequence | Mapping[str, Mapping]) -> list[Case]:
    """Return one case for each combination of the axes' values, the last axis fastest.

    Example:
        ``cases(base, optimizer=["sgd", "adam"], seed=[0, 1])`` gives four cases;
        ``cases(base, system={"A1": {"optimizer": "sgd"}}, seed=[0])`` gives one, with
        ``system == "A1"`` in its row.

    Args:
        base: the fields that all cases share; ``model`` decides whether the spec is a
            `NetworkSpec` or a `ClassicalSpec`.
        **axes: a list for a field of the spec, or for an argument of the model, which is
            then a column too, also where it holds its default; or a dict, name -> fields
            and arguments, whose names become the column of that axis. A later axis
            overrides an earlier one, and all of them the base.

    Raises:
        SpecError: an axis is empty, settings go by a field's name, a value is neither a
            field nor an argument of the model, or a combination is not a valid spec.
    """
    for name, values in axes.items():
        if isinstance(values, str) or not len(values):
            raise SpecError(
                "an axis of cases must be a list of values or a dict of settings. "
                f"Received: {name}={values!r} ({type(values).__name__})"
            )
        if isinstance(values, Mapping) and name in NetworkSpec.model_fields:
            raise SpecError(
                "an axis of settings must have a name of its own, no field's. "
                f"Received: {name}={values!r} (dict); give a list of values, or rename it"
            )
    return [
        _case(base, dict(zip(axes, values, strict=True)), axes)
        for values in product(*axes.values())
    ]


def _case(base: Mapping[str, Any], values: dict[str, Any], axes: Mapping) -> Case:
    chosen, labels = dict(base), {}
    for axis, value in values.items():
        if isinstance(axes[axis], Mapping):
            labels[axis] = value
            chosen |= axes[axis][value]
        else:
            chosen[axis] = value
    model, arguments = chosen.get("model"), chosen.pop("model_args", {})
    is_classical = isinstance(model, str) and model in models.ESTIMATORS
    cls = ClassicalSpec if is_classical else NetworkSpec
    if not isinstance(arguments, Mapping):
        return Case(make(cls, **chosen, model_args=arguments), labels)  # is refused there
    arguments = dict(arguments)
    for name in [name for name in chosen if name not in cls.model_fields]:
        arguments[name] = chosen.pop(name)
        if name in values:
            labels[name] = arguments[name]
    return Case(make(cls, **chosen, model_args=arguments), labels)
