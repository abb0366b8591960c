"""The command ``mnistlib models``: list the trained networks, make one from its record."""

from pathlib import Path

import click


@click.group()
def models() -> None:
    """Look at the trained networks under ``models/``, or train one again."""


@models.command("list")
def list_models() -> None:
    """List the networks; exits with 1 when a file is not that of its manifest."""
    from mnistlib.deploy import bundle
    from mnistlib.ground.errors import ModelError

    broken = False
    for name in bundle.names():
        try:
            facts = bundle.manifest(name)
            bundle.read_checked(name)
        except ModelError as error:
            broken = True
            click.echo(f"{name:<10} {error}")
            continue
        test = facts["test"]
        click.echo(
            f"{name:<10} {facts['model']:<16} {facts['parameters']:>8,} parameters  "
            f"{test['n_correct']}/{test['n_examples']}  record {facts['record']}"
        )
    if broken:
        click.get_current_context().exit(1)


@models.command(
    epilog="\b\nExamples:\n  mnistlib models train small\n"
    "  mnistlib models train small --record 9fae0e6197f6d39c"
)
@click.argument("name")
@click.option("--record", "key", help="Key of the run; default: that of NAME's manifest.")
@click.option(
    "--store",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the records; default: those of the published study.",
)
def train(name, key, folder) -> None:
    """Train a recorded run again and keep its network as NAME.

    Nothing is written unless every prediction, probability and loss equals the record's.
    """
    from mnistlib.deploy import bundle, recorded
    from mnistlib.ground import paths
    from mnistlib.runs.store import Store

    store = Store(folder or paths.published_runs_dir())
    bundle.folder_of(name)  # a wrong name is said before anything is trained
    record = store.with_arrays(key or bundle.manifest(name)["record"])
    click.echo(f"training {record.spec.label}")
    kept = recorded.keep(name, record, recorded.train_again(record), store)
    click.echo(f"the same to the last digit; {name} is in {kept}")
