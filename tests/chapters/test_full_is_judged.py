"""What the full profile asks for is what the chapters declare: else nothing is judged."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from mnistlib.show.reproduction import AHMAREEN, is_full_size
from mnistlib.study.plan import load_study

MNIST = SimpleNamespace(name="mnist")


def params_of(notebook: str, **changes):
    (job,) = load_study().jobs("full", [notebook], dataset="mnist")
    chapter = notebook.partition("_")[2]
    params = import_module(f"mnistlib.chapters.{chapter}.params").Params
    return params.from_mapping(job.parameters | changes)


def full(notebook: str, params) -> bool:
    chapter = notebook.partition("_")[2]
    findings = import_module(f"mnistlib.chapters.{chapter}.findings")
    design = import_module(f"mnistlib.chapters.{chapter}.design")
    return {
        "02_optimizers": lambda: is_full_size(params, "mnist", **AHMAREEN),
        "03_complex_cnn": lambda: is_full_size(params, "mnist", **findings.READINGS),
        "04_batch_norm": lambda: is_full_size(params, "mnist", **AHMAREEN),
        "05_baselines": lambda: findings.is_papers_size(params, MNIST),
        "06_recipe": lambda: findings.paper_sized(params, "mnist"),
        "07_errors": lambda: findings.all_full(params, MNIST),
        "08_tuning": lambda: is_full_size(
            params, "mnist", **(design.TESTED | design.CHOOSING)
        ),
    }[notebook]()


@pytest.mark.parametrize(
    "notebook",
    [
        "02_optimizers",
        "03_complex_cnn",
        "04_batch_norm",
        "05_baselines",
        "06_recipe",
        "07_errors",
        "08_tuning",
    ],
)
def test_the_full_profile_is_of_the_papers_size_and_another_batch_is_not(notebook):
    assert full(notebook, params_of(notebook))
    assert not full(notebook, params_of(notebook, batch_size=48))
    assert not full(notebook, params_of(notebook, n_train=10_000))


def test_all_lengths_and_batches_of_the_optimizers_are_declared():
    params = params_of("02_optimizers")
    assert set(params.sensitivity_epochs) <= set(AHMAREEN["epochs"])
    assert set(params.sensitivity_batches) <= set(AHMAREEN["batch_size"])
