"""The command ``mnistlib runs``: list, show, verify and prune run records."""

import json
from collections import Counter
from dataclasses import asdict
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
            type=click.Path(exists=True, file_okay=False, path_type=Path),
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
    """List the records: key, images that were right, seconds, what was run.

    The images are those of the test, or of the validation where a run was not tested. After
    the records comes what failed.
    """
    from mnistlib.runs.codec import OtherVersion
    from mnistlib.runs.failures import failures

    store = _store(folder, published)
    keys = store.keys()
    for key in keys:
        try:
            record = store.get(key)
        except OtherVersion as other:
            click.echo(f"{key}  {other.label}: {other.text}")
            continue
        except StoreError as error:  # one record must not hide the others
            click.echo(f"{key}  {error}")
            continue
        part, counted = ("test", record.test) if record.test else ("val", record.val)
        correct = f"{counted['n_correct']}/{counted['n_examples']}"
        click.echo(
            f"{key}  {part:<4}  {correct:>11}  {record.seconds['fit']:8.1f} s  "
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
        if name not in ("spec", "identity", "predictions", "probabilities", "test_index")
    }
    told = {"spec": record.spec.to_dict(), "identity": asdict(record.identity)}
    click.echo(json.dumps(told | facts, indent=1))


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
    """Check that every record is whole and unchanged; exits with 1 when one is not.

    Records of another version or backend, and those of a network that was edited since, are
    told apart from broken ones.
    """
    from mnistlib.runs.states import GOOD

    store = _store(folder, published)
    states = store.states()
    for key, state in states.items():
        if state.word != GOOD:
            click.echo(f"{key}: {state.word}: {state.text}")
    _count(states)
    good = [key for key, state in states.items() if state.word == GOOD]
    differing = _retrain(store, good, retrain, None if quickest else seed) if retrain else 0
    if differing or any(state.is_wrong for state in states.values()):
        click.get_current_context().exit(1)


def _count(states: dict) -> None:
    """Say how many records are in which state, and which backends the good ones are of."""
    from mnistlib.runs.states import GOOD, SUPERSEDED

    words = Counter(state.word for state in states.values())
    made = Counter(state.text for state in states.values() if state.word == GOOD)
    of = "; ".join(f"{n} {backend}" for backend, n in sorted(made.items()))
    told = [f"{words.pop(GOOD, 0)} records are good" + (f" ({of})" if of else "")]
    told += [f"{n} {word}" for word, n in sorted(words.items())]
    click.echo(", ".join(told))
    if set(words) & set(SUPERSEDED):
        click.echo("`mnistlib runs prune --older` removes those that no run finds any more")


def _retrain(store, good: list[str], n: int, seed: int | None) -> int:
    """Run records again, say one line each; return how many differ."""
    from mnistlib.runs import retrain

    differing = 0
    keys = retrain.choose(store, good, n, seed)
    again = retrain.compare_again(store, keys)
    for number, (key, said, elsewhere) in enumerate(again, 1):
        line = f"{number} of {len(keys)}  {key}  {store.get(key).spec.label}: "
        if said.startswith(retrain.NOT_POSSIBLE):
            click.echo(line + said)
            continue
        differing += bool(said)
        cause = f" (the record was made elsewhere: {elsewhere})" if elsewhere else ""
        click.echo(f"{line}trained again, {said or 'the same to the last digit'}{cause}")
    return differing


@runs.command(
    epilog="\b\nExamples:\n  mnistlib runs prune 3f2a9c01d4e5b677\n  mnistlib runs prune "
    "--broken\n  mnistlib runs prune --older\n  mnistlib runs prune --all --yes"
)
@click.argument("keys", nargs=-1)
@click.option("--broken", is_flag=True, help="The records that `verify` calls broken.")
@click.option(
    "--older",
    is_flag=True,
    help="Those that no run finds any more: of an older mnistlib, of an edited network.",
)
@click.option("--all", "everything", is_flag=True, help="Every record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_on_a_store
def prune(keys, broken, older, everything, yes, folder, published) -> None:
    """Delete records by KEYS (first digits are enough), and what stopped writers left."""
    from mnistlib.runs.states import BROKEN, SUPERSEDED

    store = _store(folder, published)
    chosen = {_full_key(store, key) for key in keys}
    words = [*([BROKEN] if broken else []), *(SUPERSEDED if older else [])]
    if words:
        chosen |= {key for key, state in store.states().items() if state.word in words}
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
