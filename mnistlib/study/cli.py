"""The command line ``mnistlib``: thin; every command calls one function of the library."""

import errno
import logging
import os
import signal
import sys
from pathlib import Path

import click

from mnistlib import __version__
from mnistlib.ground.errors import MnistlibError
from mnistlib.study.cli_export import export
from mnistlib.study.cli_models import models
from mnistlib.study.cli_predict import predict
from mnistlib.study.cli_runs import runs
from mnistlib.study.cli_serve import serve

_DATASETS = click.Choice(["auto", "mnist", "digits"])


class _Commands(click.Group):
    """Commands whose errors are one line each, without a traceback."""

    def main(self, *args, **kwargs):
        logging.basicConfig(format="mnistlib: %(message)s", stream=sys.stderr)
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # closed by whoever started us
                setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
            # A terminal may have no sign for ×, and a path may be no text at all.
            getattr(sys, name).reconfigure(errors="backslashreplace")
        # So that a stop by the system, or a terminal that is closed, ends notebooks and
        # workers as Ctrl-C does; `nohup` ignores the latter, and so do we.
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, signal.default_int_handler)
        return super().main(*args, **kwargs)

    def make_context(self, *args, **kwargs):
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            _refuse(error)

    def invoke(self, context):
        try:
            return super().invoke(context)
        except click.UsageError as error:
            _refuse(error)
        except MnistlibError as error:
            _say(str(error))
        except KeyboardInterrupt:
            click.echo(
                "mnistlib: stopped. Finished notebooks and runs are kept; the same command "
                "goes on from there.",
                err=True,
            )
            context.exit(130)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # whoever read our output has left: click ends without a word
            from mnistlib.study.last_resort import describe, write_log

            _say(describe(error, write_log(error)))
        context.exit(1)


def _say(text: str) -> None:
    click.echo(f"mnistlib: error: {' '.join(text.splitlines())}", err=True)


def _refuse(error: click.UsageError) -> None:
    """Say in one line what is wrong with a command, as click itself does in four."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        raise error
    command = error.ctx.command_path if error.ctx else "mnistlib"
    _say(f"{error.format_message()} `{command} --help` shows what can be given.")
    sys.exit(error.exit_code)


def _examples(*lines: str) -> str:
    """Return examples for the end of a help text, one a line, unwrapped."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 92},
    epilog=_examples(
        "mnistlib doctor                       what is here, what would run",
        "mnistlib study                        run the quick study, compile its report",
        "mnistlib study -p epochs=3 02_optimizers",
        "mnistlib book                         compile the published notebooks again",
    ),
)
@click.version_option(__version__, prog_name="mnistlib")
def main() -> None:
    """Run a study of handwritten digit recognition and compile its report."""


@main.command(
    epilog=_examples(
        "mnistlib study --profile full --dataset mnist",
        "mnistlib study 02_optimizers 04_batch_norm",
        "mnistlib study 02_optimizers -p epochs=3 -p 'seeds=[0, 1, 2]'",
        "mnistlib study --params 'epochs=3 02_optimizers.momentum=0.8'",
        "mnistlib study --scheduler tcp://10.0.0.1:8786",
        "mnistlib study --dry-run",
    )
)
@click.argument("notebooks", nargs=-1)
@click.option(
    "--profile",
    default="quick",
    show_default=True,
    help="How large: smoke, quick or full (study.yaml says what each means).",
)
@click.option("--dataset", type=_DATASETS, help="Replace the profile's data set.")
@click.option(
    "-p",
    "--param",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter for every notebook that has it, or NOTEBOOK.NAME=VALUE for one.",
)
@click.option("--params", "text", default="", help="Several of them, separated by spaces.")
@click.option("--workers", type=click.IntRange(1), help="Training processes.")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Train on this Dask cluster, tcp://HOST:PORT; default: $MNISTLIB_SCHEDULER.",
)
@click.option(
    "--portable",
    is_flag=True,
    help="Train with kernels that all processors with AVX2 share, so that more machines "
    "agree to the last bit (the report's page on records says what was tried).",
)
@click.option("--publish", is_flag=True, help="Write to book/notebooks and runs.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the executed notebooks, in place of _build; no report is compiled.",
)
@click.option("--no-book", is_flag=True, help="Do not compile the report.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Find the data, check the variables and parameters, show these; run nothing.",
)
def study(
    notebooks,
    profile,
    dataset,
    assignments,
    text,
    workers,
    scheduler,
    portable,
    publish,
    output,
    no_book,
    dry_run,
) -> None:
    """Run NOTEBOOKS (all when none is named) and compile the report.

    Parameters are checked before anything runs. Run records are kept: what was trained
    once is read the next time, and a study that was stopped goes on.
    """
    from mnistlib.ground import paths
    from mnistlib.ground.errors import StudyError
    from mnistlib.study import environment
    from mnistlib.study.book import build_book
    from mnistlib.study.plan import load_study
    from mnistlib.study.run import executed_dir, resolve_data, run_study
    from mnistlib.study.values import parse_overrides

    if portable:  # the kernels and their workers inherit it
        os.environ["MNISTLIB_PORTABLE"] = "1"
    overrides = parse_overrides(" ".join([*assignments, text]))
    if dry_run:
        environment.check(scheduler)
        planned = load_study().jobs(profile, notebooks, overrides, dataset)
        resolve_data(load_study(), planned)
        for job in planned:
            click.echo(job.name)
            for name, value in job.parameters.items():
                click.echo(f"  {name} = {value!r}")
        return
    summary = run_study(
        profile,
        notebooks=notebooks,
        overrides=overrides,
        dataset=dataset,
        workers=workers,
        scheduler=scheduler,
        publish=publish,
        output=output,
    )
    # Not those that failed in an earlier run: the report names them.
    ran = {job.name for job in load_study().jobs(profile, notebooks, overrides, dataset)}
    if failed := [name for name in summary.failed if name in ran]:
        raise StudyError(
            f"{len(failed)} notebook(s) failed, as printed above: {', '.join(failed)}"
        )
    if no_book or output:
        return
    if publish:
        index = build_book(paths.published_dir(), paths.build_dir() / "book")
    else:
        index = build_book(executed_dir(profile), paths.build_dir() / profile)
    click.echo(f"The report is {index}")


@main.command(epilog=_examples("mnistlib book", "mnistlib book --profile quick"))
@click.option("--profile", help="Compile what this profile left in _build instead.")
def book(profile) -> None:
    """Compile the report from executed notebooks: the published ones by default.

    Nothing is trained.
    """
    from mnistlib.ground import paths
    from mnistlib.study.book import build_book
    from mnistlib.study.plan import load_study
    from mnistlib.study.run import executed_dir

    if profile:
        load_study().profile(profile)
        index = build_book(executed_dir(profile), paths.build_dir() / profile)
    else:
        index = build_book(paths.published_dir(), paths.build_dir() / "book")
    click.echo(f"The report is {index}")


@main.command()
def doctor() -> None:
    """Say what is installed, which data are there, and what would run.

    Exits with 1 when something is wrong that a study needs.
    """
    from mnistlib.study.doctor import examine

    states = []
    for finding in examine():
        states.append(finding.state)
        click.echo(f"{finding.state:<6} {finding.subject:<10} {finding.text}")
    if "wrong" in states:
        click.get_current_context().exit(1)


@main.group()
def data() -> None:
    """Look at the data sets, download MNIST, check its files."""


@data.command(epilog=_examples("mnistlib data show", "mnistlib data show digits"))
@click.argument("name", type=_DATASETS, default="auto")
@click.option("--folder", type=click.Path(path_type=Path), help="Look here first.")
def show(name, folder) -> None:
    """Say what NAME (auto by default) is here and where it came from."""
    from mnistlib import data as datasets

    dataset = datasets.load(name, folder)
    for key, value in datasets.describe(dataset).items():
        click.echo(f"{key:<12} {value}")
    if dataset.folder:
        click.echo(f"{'folder':<12} {dataset.folder}")


@data.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Look here first.")
def fetch(folder) -> None:
    """Make sure that MNIST is on this machine; download it where it is not."""
    from mnistlib import data as datasets

    dataset = datasets.load("mnist", folder)
    click.echo(f"MNIST is in {dataset.folder}: {dataset.source}")


@data.command("verify")
@click.option("--folder", type=click.Path(path_type=Path), help="Look here first.")
def verify_data(folder) -> None:
    """Check every MNIST file that would be found; exits with 1 when one is broken."""
    from mnistlib import data as datasets

    broken = False
    for row in datasets.verify(folder):
        click.echo(f"{row['state']:<8} {Path(row['folder']) / row['file']}")
        if row["problem"]:
            broken = True
            click.echo(f"         {row['problem']}")
    if broken:
        click.get_current_context().exit(1)


main.add_command(export)
main.add_command(models)
main.add_command(predict)
main.add_command(runs)
main.add_command(serve)

if __name__ == "__main__":
    main()
