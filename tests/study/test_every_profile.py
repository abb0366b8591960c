"""Every profile on either data set: all sizes are there and all specs can be made.

Nothing is trained. Of each notebook the parameters, the set-up and the cells that ask for
runs are executed, with records that are made up.
"""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mnistlib import data
from mnistlib.chapters.parameters import NotebookParams
from mnistlib.ground.notebook import read_notebook
from mnistlib.runs import sweep
from mnistlib.study.plan import load_study

ROOT = Path(__file__).parents[2]
STUDY = load_study(ROOT / "study.yaml")
ON_IMAGES = [name for name in STUDY.notebooks if "dataset" in STUDY.defaults[name]]


@pytest.fixture(scope="module")
def datasets() -> dict[str, data.Dataset]:
    """The digits, and images of them in MNIST's numbers under its name."""
    digits = data.load("digits")
    rows = {"train": np.arange(60_000), "test": np.arange(10_000)}
    arrays = {
        f"{kind}_{part}": getattr(digits, f"{kind}_{part}").take(number, 0, mode="wrap")
        for kind in "xy"
        for part, number in rows.items()
    }
    return {"digits": digits, "mnist": replace(digits, name="mnist", **arrays)}


class MadeUp:
    """A store that has no record, and a made-up one for whatever was asked for."""

    def __init__(self, *_):
        self.specs = {}

    def __contains__(self, key):
        return False

    def lock(self, _):
        return nullcontext()

    def get(self, key):
        return record_of(self.specs[key])

    with_arrays = get


def record_of(spec) -> SimpleNamespace:
    """Return what a run of a spec might have left: nine of ten right, more or less."""
    chance = np.random.default_rng([spec.seed, len(spec.label)])
    n = spec.n_test or 360

    def counted(size):
        return {"n_correct": size - int(chance.integers(size)) // 5, "n_examples": size} | {
            "loss": float(chance.uniform(0.1, 0.5))
        }

    epochs = range(1, getattr(spec, "epochs", 0) + 1)
    values = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds")
    versions = getattr(spec, "test_versions", 0)
    shares = chance.dirichlet(np.ones(10), n).astype(np.float16)
    return SimpleNamespace(
        spec=spec,
        status="ok",
        versions=counted(n) if versions else None,
        versions_probabilities=shares if versions else None,
        history=[
            {"epoch": epoch} | {name: float(chance.uniform(0.1, 0.9)) for name in values}
            for epoch in epochs
        ],
        train=counted(spec.n_train or 1437),
        val=counted(200),
        test=counted(n),
        parameters=1000,
        size_bytes=4000,
        seconds={"fit": 1.0, "evaluate": 0.1, "predict_test": 0.1},
        predictions=chance.integers(10, size=n).astype(np.uint8),
        confidence=np.ones(n, np.float16),
        test_index=np.arange(n, dtype=np.int32),
    )


@pytest.fixture
def asked(datasets, monkeypatch) -> list:
    """Let ``collect`` make its records up; return the list of specs it was asked for."""
    specs = []

    def make_up(jobs, store, *_):
        store.specs |= {job.key: job.spec for job in jobs}
        specs.extend(job.spec for job in jobs)

    monkeypatch.setattr(data, "load", lambda name, folder=None: datasets[name])
    monkeypatch.setattr(sweep, "Store", MadeUp)
    monkeypatch.setattr(sweep, "share", lambda dataset: None)
    monkeypatch.setattr(sweep, "_run_missing", make_up)
    return specs


def run_cells(notebook: str, parameters: dict, monkeypatch) -> dict:
    """Execute a notebook as far as it asks for runs; return its variables."""
    cells = [
        c for c in read_notebook(STUDY.source(notebook)).cells if c.cell_type == "code"
    ]
    names: dict = {}
    exec(cells[0].source, names)
    names |= parameters
    checked = classmethod(lambda cls: cls.from_cells(names, [cells[0].source]))
    monkeypatch.setattr(NotebookParams, "from_notebook", checked)
    for cell in cells[1:]:
        if cell.id in ("check", "set-up") or "collect(" in cell.source:
            exec(cell.source, names)
    return names


@pytest.mark.parametrize("notebook", ON_IMAGES)
@pytest.mark.parametrize("name", ["digits", "mnist"])
@pytest.mark.parametrize("profile", STUDY.profiles)
def test_all_specs_can_be_made(profile, name, notebook, datasets, asked, monkeypatch):
    (job,) = STUDY.jobs(profile, [notebook], dataset=name)
    STUDY.check_sizes(job, name)
    params = run_cells(notebook, job.parameters, monkeypatch)["params"]
    assert params.dataset == name
    assert {spec.dataset for spec in asked} <= {name}
    # The notebook on photographs trains what it shows, and records nothing.
    assert bool(asked) == (notebook not in ("01_eda", "11_photos"))
    cuts = {
        (s.split, s.val_fraction, s.n_train, s.n_test): s for s in reversed(asked)
    }.values()
    for spec in cuts:
        cut = data.split(
            datasets[name],
            method=spec.split,
            val_fraction=spec.val_fraction,
            n_train=spec.n_train,
            n_test=spec.n_test,
            seed=spec.seed,
        )
        assert set(cut.y_train) == set(range(10))
        assert len(cut.y_val) or not spec.val_fraction
    written = {k for k, v in job.parameters.items() if str(v).startswith("up to ")}
    assert set(params.cuts) <= written
    if (profile, name) == ("quick", "digits"):
        assert params.cuts
