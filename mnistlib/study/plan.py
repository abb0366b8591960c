"""The plan: study.yaml, and each notebook's parameters, checked before anything runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator

from mnistlib import data
from mnistlib.chapters import params
from mnistlib.ground.errors import ParameterError, StudyError
from mnistlib.ground.notebook import read_notebook, tagged_parameters
from mnistlib.ground.paths import root
from mnistlib.ground.validation import Checked, one_line, shown
from mnistlib.study import values

DATASETS = ("auto", "mnist", "digits")


class Profile(Checked):
    """How large a study is.

    Args:
        about: one line for a person.
        dataset: of all notebooks.
        common: parameters of every notebook that has them.
        notebooks: name -> parameters of one notebook; they win over the common ones.
    """

    about: str
    dataset: Literal["auto", "mnist", "digits"] = "auto"
    common: dict[str, Any] = Field(default_factory=dict)
    notebooks: dict[str, dict[str, Any]] = Field(default_factory=dict)


class _File(Checked):
    """study.yaml as it is written."""

    notebooks: Annotated[list[str], Field(min_length=1)]
    profiles: Annotated[dict[str, Profile], Field(min_length=1)]

    @field_validator("notebooks")
    @classmethod
    def _each_once(cls, names: list[str]) -> list[str]:
        if len(set(names)) != len(names):
            raise ValueError("each notebook must be listed once")
        return names


@dataclass(frozen=True)
class Job:
    """One notebook with the parameters that replace its defaults."""

    name: str
    source: Path
    parameters: dict


@dataclass(frozen=True)
class Study:
    """What can be run.

    Args:
        folder: of the notebooks' sources.
        notebooks: names without ``.ipynb``, in order.
        profiles: name -> `Profile`.
    """

    folder: Path
    notebooks: list[str]
    profiles: dict[str, Profile]

    @cached_property
    def defaults(self) -> dict[str, dict]:
        """The defaults in each notebook's cell tagged ``parameters``."""
        return {name: self._defaults(name) for name in self.notebooks}

    def _defaults(self, name: str) -> dict:
        path = self.source(name)
        defaults = tagged_parameters(read_notebook(path))
        if defaults is None:
            raise StudyError(
                f"a notebook must have a cell tagged 'parameters'. Received: {path} (none)"
            )
        try:
            fields = list(params.of_notebook(name).model_fields)
        except ParameterError as error:
            raise StudyError(str(error)) from None
        if sorted(fields) != sorted(defaults):
            differing = ", ".join(sorted(set(fields) ^ set(defaults)))
            raise StudyError(
                "a notebook's cell tagged 'parameters' must have the names of its class in "
                f"mnistlib/chapters/*/params.py. Received: {name!r} differs in {differing}"
            )
        return defaults

    def source(self, name: str) -> Path:
        """Return the path of a notebook's source."""
        return self.folder / f"{name}.ipynb"

    def profile(self, name: str) -> Profile:
        """Return a profile.

        Raises:
            StudyError: there is none of that name.
        """
        if name not in self.profiles:
            raise StudyError(
                f"profile must be one of {', '.join(self.profiles)}. "
                f"Received: {shown(name)}"
            )
        return self.profiles[name]

    def jobs(
        self,
        profile: str,
        notebooks: Iterable[str] | None = None,
        overrides: dict | None = None,
        dataset: str | None = None,
    ) -> list[Job]:
        """Return what would run, in order, with every parameter checked.

        A parameter comes from, the later winning: the notebook's own default, the
        profile's ``common``, the profile's ``notebooks``, ``dataset``, ``overrides``.

        Args:
            profile: a name in study.yaml.
            notebooks: names, with or without ``.ipynb``; None or empty for all.
            overrides: ``name`` (for every chosen notebook that has it) or
                ``notebook.name`` -> value.
            dataset: ``"auto"``, ``"mnist"`` or ``"digits"``; None for the profile's.

        Raises:
            StudyError: unknown profile, notebook or data set.
            ParameterError: unknown name, wrong type, or out of range.
        """
        plan = self.profile(profile)
        chosen = self.choose(notebooks)
        if dataset is not None and dataset not in DATASETS:
            raise StudyError(
                f"dataset must be one of {', '.join(DATASETS)}. Received: {shown(dataset)}"
            )
        overrides = overrides or {}
        self._refuse_unknown(overrides, chosen)
        jobs = []
        for name in chosen:
            known = self.defaults[name]
            layers = [
                {k: v for k, v in plan.common.items() if k in known},
                {"dataset": plan.dataset} if "dataset" in known else {},
                plan.notebooks.get(name, {}),
                {"dataset": dataset} if dataset and "dataset" in known else {},
                {k: v for k, v in overrides.items() if k in known},
                {
                    k.removeprefix(f"{name}."): v
                    for k, v in overrides.items()
                    if k.startswith(f"{name}.")
                },
            ]
            parameters = {k: v for layer in layers for k, v in layer.items()}
            params.check(name, known | parameters)
            jobs.append(Job(name, self.source(name), parameters))
        return jobs

    def check_sizes(self, job: Job, dataset: str) -> None:
        """Refuse a number of images that the data do not have.

        Args:
            job: from `jobs`.
            dataset: ``"mnist"`` or ``"digits"``, the one that will be used.

        Raises:
            ParameterError: a number that is not written ``up to N`` is too large.
        """
        checked = params.check(job.name, self.defaults[job.name] | job.parameters)
        try:
            checked.fitted(data.load(dataset))
        except ParameterError as error:
            raise ParameterError(f"parameters of {job.name}: {error}") from None

    def choose(self, notebooks: Iterable[str] | None) -> list[str]:
        """Return the named notebooks in the study's order; all when none is named.

        Raises:
            StudyError: a name is not in study.yaml.
        """
        names = [Path(name).name.removesuffix(".ipynb") for name in notebooks or []]
        for name in names:
            if name not in self.notebooks:
                raise StudyError(
                    f"notebook must be one of {', '.join(self.notebooks)}. "
                    f"Received: {shown(name)}"
                )
        return [name for name in self.notebooks if name in names or not names]

    def _refuse_unknown(self, overrides: dict, chosen: list[str]) -> None:
        for full in overrides:
            notebook, _, name = full.rpartition(".")
            of = [notebook] if notebook else chosen
            if not any(n in chosen and name in self.defaults[n] for n in of):
                known = sorted({k for n in chosen for k in self.defaults[n]})
                raise ParameterError(
                    f"a parameter of {', '.join(chosen)} must be one of "
                    f"{', '.join(known)}. Received: {shown(full)}"
                )


def load_study(path: Path | None = None) -> Study:
    """Return the study that a file describes, with every profile's parameters checked.

    Args:
        path: default ``study.yaml`` in the project's folder; the notebooks' sources are
            in ``notebooks/`` beside it.

    Raises:
        StudyError: the file is missing or wrong, names an unknown notebook or parameter,
            or a notebook has no parameters cell.
        ParameterError: a profile's value is of the wrong type or out of range.
    """
    path = path or root() / "study.yaml"
    try:
        content = values.parse(path.read_text(encoding="utf-8"))
        file = _File.model_validate(content)
    except FileNotFoundError:
        raise StudyError(
            f"the study's plan must be a file. Received: {path} (missing); "
            "start in the project's folder, or set MNISTLIB_ROOT"
        ) from None
    except OSError as error:
        raise StudyError(
            f"the study's plan must be a readable file. Received: {path} ({error.strerror})"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        where = " ".join(str(error).split())
        raise StudyError(f"{path.name} must be YAML. Received: {where}") from None
    except ValidationError as error:
        raise StudyError(one_line(error, path.name, list(_File.model_fields))) from None
    study = Study(path.parent / "notebooks", file.notebooks, file.profiles)
    for name in study.profiles:
        _check_profile(study, name, path.name)
    return study


def _check_profile(study: Study, profile: str, file: str) -> None:
    plan = study.profile(profile)
    for name in plan.notebooks:
        if name not in study.notebooks:
            raise StudyError(
                f"{file}: profile {profile} must name notebooks of the study "
                f"({', '.join(study.notebooks)}). Received: {shown(name)}"
            )
    known = {k for name in study.notebooks for k in study.defaults[name]}
    if unknown := [k for k in plan.common if k not in known]:
        raise StudyError(
            f"{file}: profile {profile}'s common parameters must be those of a notebook "
            f"({', '.join(sorted(known))}). Received: {shown(unknown[0])}"
        )
    try:
        study.jobs(profile)
    except ParameterError as error:
        raise ParameterError(f"{file}, profile {profile}: {error}") from None
