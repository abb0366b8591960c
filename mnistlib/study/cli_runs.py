"""The command ``mnistlib runs``: list, show, verify and prune run records."""

import json
from pathlib import Path

import click

from mnistlib.ground.errors import StoreError


def _store(folder: Path | None, published: bool):
    from mnistlib.ground import paths
    from mnistlib.runs.store import Store

    if published:
        return Store(paths.published_runs_dir())
    return Store(folder or paths.store_dir())


def _on_a_store(command):
    """Add the two options that say which store is meant."""
    for option in (
        click.option("--published", is_flag=True, help="The published study's records."),
        click.option(
            "--store",
            "folder",
            type=click.Path(path_type=Path),
            help="Folder of the records; default: $MNISTLIB_RUNS, else _build/runs.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def runs() -> None:
    """Look at the run records: one a training, kept and never overwritten."""


@runs.command("list")
@_on_a_store
def list_runs(folder, published) -> None:
    """List the records: key, test accuracy, seconds, what was run; then what failed."""
    from mnistlib.runs.failures import failures

    store = _store(folder, published)
    for record in store.records():
        test = record.test
        correct = f"{test['n_correct']}/{test['n_examples']}"
        click.echo(
            f"{record.key}  {correct:>11}  {record.seconds['fit']:8.1f} s  "
            f"{record.data['name']:<6}  {record.status:<8}  {record.spec.label}"
        )
    for failure in failures(store):
        tried = "once" if failure.attempts == 1 else f"{failure.attempts} times"
        click.echo(
            f"{failure.key}  failed ({failure.when}, tried {tried}): {failure.label}: "
            f"{failure.reason}"
        )


@runs.command()
@click.argument("key")
@_on_a_store
def show(key, folder, published) -> None:
    """Print the record KEY as JSON. The first digits of a key are enough."""
    store = _store(folder, published)
    record = store.get(_full_key(store, key))
    facts = {
        name: value
        for name, value in vars(record).items()
        if name not in ("spec", "predictions", "confidence", "test_index")
    }
    click.echo(json.dumps({"spec": record.spec.to_dict()} | facts, indent=1))


@runs.command(
    epilog="\b\nExamples:\n  mnistlib runs verify\n  mnistlib runs verify --retrain 3\n"
    "  mnistlib runs verify --published --retrain 5 --quickest"
)
@click.option(
    "--retrain",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Also run a sample of N again, and compare every prediction and loss.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="SEED",
    help="Which sample: another seed draws another one.",
)
@click.option("--quickest", is_flag=True, help="Not a sample but the N quickest.")
@_on_a_store
def verify(retrain, seed, quickest, folder, published) -> None:
    """Check that every record is whole and unchanged; exits with 1 when one is not."""
    store = _store(folder, published)
    problems = store.verify()
    good = sorted(set(store.keys()) - set(problems))
    for key, problem in problems.items():
        click.echo(f"{key}: {problem}")
    click.echo(f"{len(good)} records are whole, {len(problems)} are not")
    differing = _retrain(store, good, retrain, None if quickest else seed) if retrain else 0
    if problems or differing:
        click.get_current_context().exit(1)


def _retrain(store, good: list[str], n: int, seed: int | None) -> int:
    """Run records again, say one line each; return how many differ."""
    from mnistlib.runs import retrain

    differing = 0
    keys = retrain.choose(store, good, n, seed)
    again = retrain.compare_again(store, keys)
    for number, (key, difference, elsewhere) in enumerate(again, 1):
        record = store.get(key)
        differing += bool(difference)
        cause = f" (the record was made elsewhere: {elsewhere})" if elsewhere else ""
        click.echo(
            f"{number} of {len(keys)}  {key}  {record.spec.label}: trained again, "
            f"{difference or 'the same to the last digit'}{cause}"
        )
    return differing


@runs.command(
    epilog="\b\nExamples:\n  mnistlib runs prune 3f2a9c01d4e5b677\n  mnistlib runs prune "
    "--broken\n  mnistlib runs prune --all --yes"
)
@click.argument("keys", nargs=-1)
@click.option("--broken", is_flag=True, help="The records that `verify` complains of.")
@click.option("--all", "everything", is_flag=True, help="Every record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_on_a_store
def prune(keys, broken, everything, yes, folder, published) -> None:
    """Delete records by KEYS (first digits are enough), and what stopped writers left."""
    store = _store(folder, published)
    chosen = {_full_key(store, key) for key in keys}
    if broken:
        chosen |= set(store.verify())
    if everything:
        chosen |= set(store.keys())
    if chosen and not yes:
        click.confirm(f"Delete {len(chosen)} record(s) of {store.folder}?", abort=True)
    click.echo(f"{store.prune(sorted(chosen))} records deleted")


def _full_key(store, start: str) -> str:
    keys = store.keys()
    found = [key for key in keys if key.startswith(start)]
    if len(found) != 1:
        raise StoreError(
            f"a key must be that of one record in {store.folder}. Received: {start!r}, "
            f"which fits {len(found)}; `mnistlib runs list` shows them"
        )
    return found[0]
