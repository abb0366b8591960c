"""``python -m bench [--quick] [PART ...]``: measure, and write ``bench/results``."""

import importlib
import json
import time

import click

from bench.process import PeerError
from mnistlib.ground import machine, paths
from mnistlib.ground.errors import MnistlibError

PARTS = (
    "throughput",
    "to_99",
    "recipe",
    "growth",
    "memory",
    "around",
    "scaling",
    "portable",
    "price",
    "backends",
    "faults",
    "exports",
    "service",
    "reader",
)


@click.command()
@click.option("--quick", is_flag=True, help="A few seconds each, to see that it works.")
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
def main(quick: bool, parts: tuple[str, ...]) -> None:
    """Measure the PARTS (default: all) and write one JSON file each.

    A full run writes bench/results, which is committed; a quick one _build/bench/results.
    """
    folder = (
        paths.build_dir() / "bench" / "results" if quick else paths.root() / "bench/results"
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name in parts or PARTS:
        started = time.perf_counter()
        try:
            found = importlib.import_module(f"bench.{name}").measure(quick)
        except (MnistlibError, PeerError) as error:  # parts before this one are written
            said = " ".join(str(error).splitlines())
            raise click.ClickException(f"{name}: {said}") from None
        seconds = time.perf_counter() - started
        result = {
            "part": name,
            "quick": quick,
            "seconds": seconds,
            "machine": machine.describe_machine(),
            "versions": machine.versions(),
            "code": machine.code_state(),
            "found": found,
        }
        path = folder / f"{name}.json"
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        click.echo(f"{name}: {seconds:.0f} s, written to {path.relative_to(paths.root())}")


if __name__ == "__main__":
    main()
