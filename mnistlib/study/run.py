"""The study: run the planned notebooks, and leave their executed copies and a summary."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from mnistlib.ground import machine, paths
from mnistlib.ground.errors import StudyError
from mnistlib.ground.files import write_whole
from mnistlib.ground.turns import alone
from mnistlib.runs.store import Store
from mnistlib.runs.sweep import default_workers
from mnistlib.study import environment
from mnistlib.study.execute import Outcome, kernels, run_notebook
from mnistlib.study.headline import update_readme
from mnistlib.study.plan import Job, Study, load_study
from mnistlib.study.summary import NotebookResult, Summary, read_summary, write_summary


def executed_dir(profile: str) -> Path:
    """Return the folder of a profile's executed notebooks that are not published."""
    return paths.build_dir() / profile / "notebooks"


def run_study(
    profile: str,
    notebooks: list[str] | None = None,
    overrides: dict | None = None,
    dataset: str | None = None,
    workers: int | None = None,
    publish: bool = False,
    store: Path | None = None,
    output: Path | None = None,
    scheduler: str | None = None,
) -> Summary:
    """Run notebooks under a profile and write ``summary.json`` beside the executed copies.

    Every parameter is checked before anything runs. The notebooks run one after the other,
    each with all workers. One that fails is reported on stderr and does not stop the
    others; `Summary.failed` names it. Two studies that write the same folder take turns.

    Args:
        profile: a name in study.yaml.
        notebooks: names; None or empty for all.
        overrides: parameter -> value, see `mnistlib.study.plan.Study.jobs`.
        dataset: ``"auto"``, ``"mnist"`` or ``"digits"``; None for the profile's.
        workers: training processes; None for ``$MNISTLIB_WORKERS``, or one a core, as far
            as memory goes.
        publish: keep the run records in runs/ and, when every notebook succeeded, copy the
            executed notebooks and the summary to book/notebooks.
        store: folder of run records; default by ``publish`` and ``$MNISTLIB_RUNS``.
        output: folder of the executed copies; default below ``_build/``.
        scheduler: address of a Dask scheduler whose workers train; None for
            ``$MNISTLIB_SCHEDULER``, and without it this machine.

    Raises:
        StudyError, ParameterError, DataError, RunError: before anything ran.
        KeyboardInterrupt: stopped; what was finished is kept, and the summary says so.
    """
    environment.check(scheduler)
    study = load_study()
    planned = study.jobs(profile, notebooks, overrides, dataset)
    used, variables = resolve_data(study, planned)
    if publish:
        _refuse_a_mixture(study, planned, profile, used)
    if scheduler:
        variables["MNISTLIB_SCHEDULER"] = scheduler
    workers = workers or default_workers()
    runs = store or (paths.published_runs_dir() if publish else paths.store_dir())
    name = f"{profile}-published" if publish else profile
    folder = output or executed_dir(name)
    failed = paths.build_dir() / name / "failed"
    variables |= {
        "MNISTLIB_ROOT": str(paths.root()),
        "MNISTLIB_RUNS": str(Path(runs).resolve()),
        "MNISTLIB_WORKERS": str(workers),
        # Where the scoreboard finds what the other notebooks say.
        "MNISTLIB_EXECUTED": str(Path(folder).resolve()),
        # Else TensorFlow writes time stamps into the notebooks.
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    code = machine.code_state()
    Store(runs).keys()  # a store that cannot be read is told before a folder is made
    with alone(folder, "study"):
        # Not before: a study that this one waited for may have trained runs meanwhile.
        keys_before, start = set(Store(runs).keys()), time.perf_counter()
        if publish:
            _take_published(folder, study, planned)
        results = _kept_results(folder, study)

        def write() -> Summary:
            summary = Summary(
                profile=profile,
                seconds=round(time.perf_counter() - start, 1),
                runs_trained=len(set(Store(runs).keys()) - keys_before),
                workers=workers,
                notebooks={n: results[n] for n in study.notebooks if n in results},
                machine=machine.describe_machine(),
                versions=machine.versions(),
            )
            write_summary(summary, folder)
            return summary

        with kernels(variables, scratch := (folder / ".running").resolve()):
            for job in planned:
                target = folder / f"{job.name}.ipynb"
                outcome = run_notebook(job.source, target, failed, job.parameters, scratch)
                results[job.name] = NotebookResult(
                    status="failed" if outcome.error else "ok",
                    seconds=round(outcome.seconds, 1),
                    profile=profile,
                    dataset=used[job.name],
                    parameters=job.parameters,
                    finished=datetime.now(UTC).isoformat(timespec="seconds"),
                    error=outcome.error,
                    **code,
                )
                summary = write()  # so that no kill leaves a copy without its facts
                print(_line(job.name, outcome), file=sys.stderr, flush=True)
    if publish and not set(summary.failed) & {job.name for job in planned}:
        with alone(paths.published_dir(), "study"):
            _publish(folder, study, planned, summary)
    return summary


def _line(name: str, outcome: Outcome) -> str:
    if outcome.error:
        return f"{name}: FAILED, {outcome.error}. The whole log is {outcome.log}"
    return f"{name}: done in {outcome.seconds:.1f} s"


def resolve_data(study: Study, planned: list[Job]) -> tuple[dict, dict[str, str]]:
    """Settle once, for all notebooks, what ``auto`` is: a study has one data set.

    Returns the data set of each notebook (None where it has none), and variables for
    their processes. A notebook is told ``"mnist"``; one that falls back keeps ``"auto"``,
    so that its page says so, and may not find a network meanwhile. A size that the data
    do not have is refused.
    """
    from mnistlib import data

    used, variables = {}, {}
    for job in planned:
        asked = job.parameters.get("dataset")
        used[job.name] = asked and data.resolve(asked)
        if asked:
            study.check_sizes(job, used[job.name])
        if asked == "auto" and used[job.name] == "mnist":
            job.parameters["dataset"] = "mnist"
        elif asked == "auto":
            variables["MNISTLIB_OFFLINE"] = "1"
    return used, variables


def _kept_results(folder: Path, study: Study) -> dict[str, NotebookResult]:
    """Return the earlier results whose executed copy is still there."""
    before = read_summary(folder)
    return {
        name: result
        for name, result in (before.notebooks.items() if before else ())
        if name in study.notebooks and (folder / f"{name}.ipynb").is_file()
    }


def _refuse_a_mixture(study: Study, planned: list[Job], profile: str, used: dict) -> None:
    """Refuse another data set, or another profile than that of most pages.

    So a chapter whose long runs are missing may stay as it was, and the report says so; but
    a quick look takes no page's place by mistake.
    """
    # Pages without results on images have nothing to mix.
    kept = {
        n: r for n, r in _kept_results(paths.published_dir(), study).items() if r.dataset
    }
    before = {job.name: kept.pop(job.name, None) for job in planned if used[job.name]}
    other = [name for name, result in kept.items() if result.profile != profile]
    few = len(other) >= len(before) + len(kept) - len(other)
    for page, old in before.items():
        if old and (old.profile, old.dataset) == (profile, used[page]):
            continue  # the same, run again
        for name, result in kept.items():
            if result.dataset != used[page] or (few and name in other):
                raise StudyError(
                    "a published report must have one data set, and most of its pages one "
                    f"profile; publish all notebooks. Received: {page} ({profile}, "
                    f"{used[page]}) beside {name} ({result.profile}, {result.dataset})"
                )


def _take_published(folder: Path, study: Study, planned: list[Job]) -> None:
    """Copy the published pages that do not run now: a page may read what others found."""
    kept = _kept_results(paths.published_dir(), study)
    for name in kept.keys() - {job.name for job in planned}:
        copy = (paths.published_dir() / f"{name}.ipynb").read_bytes()
        write_whole(folder / f"{name}.ipynb", copy)


def _publish(folder: Path, study: Study, planned: list[Job], summary: Summary) -> None:
    target = paths.published_dir()
    target.mkdir(parents=True, exist_ok=True)
    results = _kept_results(target, study)
    for job in planned:
        copy = (folder / f"{job.name}.ipynb").read_bytes()
        write_whole(target / f"{job.name}.ipynb", copy)
        results[job.name] = summary.notebooks[job.name]
    ordered = {name: results[name] for name in study.notebooks if name in results}
    write_summary(summary.model_copy(update={"notebooks": ordered}), target)
    update_readme(paths.root() / "README.md", target)
