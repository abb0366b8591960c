"""Notebooks that look at no data set: they run, and nothing says that they had one."""

import pytest

from mnistlib.study import fragments, run
from mnistlib.study.plan import load_study
from mnistlib.study.summary import NotebookResult, read_summary
from tests.fixtures.executed import result

CHAPTERS = ["90_costs", "91_durability", "92_exports"]


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """The folder of the notebooks' executed copies, and what running them said."""
    monkeypatch.setenv("MNISTLIB_RUNS", str(tmp_path / "runs"))
    folder = tmp_path / "done"
    summary = run.run_study("smoke", CHAPTERS, output=folder)
    assert summary.failed == []
    return folder


def test_they_run_from_the_benchs_results_alone(executed, tmp_path):
    summary = read_summary(executed)
    assert {r.dataset for r in summary.notebooks.values()} == {None}
    assert summary.datasets == []
    assert summary.runs_trained == 0
    assert not list((tmp_path / "runs").rglob("*.json"))
    banner = fragments.profile(summary, {}, [])
    assert "Data:" not in banner
    rows = [ln for ln in fragments.build_status(summary).splitlines() if "doc}" in ln]
    assert len(rows) == 3
    assert [row.split("|")[5].strip() for row in rows] == ["–", "–", "–"]


def test_they_may_be_published_beside_any_data_set(monkeypatch):
    kept = {"01_eda": NotebookResult(**result(profile="full"))}
    monkeypatch.setattr(run, "_kept_results", lambda *_: dict(kept))
    study = load_study()
    jobs = study.jobs("smoke", CHAPTERS)
    used, environment = run.resolve_data(study, jobs)
    assert used == dict.fromkeys(CHAPTERS)
    assert environment == {}
    run._refuse_a_mixture(study, jobs, "smoke", used)  # says nothing
    kept["90_costs"] = NotebookResult(**result(profile="full", dataset=None))
    jobs = study.jobs("smoke", ["02_optimizers"])
    with pytest.raises(run.StudyError, match=r"beside 01_eda \(full, mnist\)"):
        run._refuse_a_mixture(study, jobs, "smoke", {"02_optimizers": "digits"})


def test_a_chapter_may_stay_behind_but_no_quick_look_takes_a_page(monkeypatch):
    pages = ["01_eda", "02_optimizers", "03_complex_cnn", "04_batch_norm"]
    kept = {name: NotebookResult(**result(profile="quick")) for name in pages}
    monkeypatch.setattr(run, "_kept_results", lambda *_: dict(kept))
    study = load_study()

    def publish(profile, *names, dataset="mnist"):
        jobs = study.jobs(profile, list(names))
        run._refuse_a_mixture(study, jobs, profile, dict.fromkeys(names, dataset))
        kept.update((n, NotebookResult(**result(profile=profile))) for n in names)

    with pytest.raises(run.StudyError, match=r"\(full, mnist\) beside .* \(quick, mnist"):
        publish("full", "01_eda")
    publish("full", "01_eda", *pages[2:])
    with pytest.raises(run.StudyError, match=r"01_eda \(quick, mnist\) beside 03_"):
        publish("quick", "01_eda")
    with pytest.raises(run.StudyError, match=r"one data set, .* beside 01_eda"):
        publish("full", "02_optimizers", dataset="digits")
    publish("quick", "02_optimizers")  # the chapter that stayed behind, run again
    publish("full", "02_optimizers")
    assert {r.profile for r in kept.values()} == {"full"}
