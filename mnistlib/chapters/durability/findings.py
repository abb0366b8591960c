"""What the page on durability says in sentences, made from what the bench did."""

import pandas as pd

from mnistlib.show.tables import count
from mnistlib.show.words import join, number_of


def answer(table: pd.DataFrame, portable: dict) -> str:
    """Return the page's answer: what was lost, and where the bits repeat.

    Args:
        table: what `results.faults` returned.
        portable: ``agreement`` of the processors.
    """

    def were(n: int) -> str:
        return "none was" if n == 0 else "1 was" if n == 1 else f"{count(n)} were"

    lost, wrong = table["Lost"].sum(), table["Half-written or changed, and read"].sum()
    return (
        f"{count(table['Times'].sum())} faults of {len(table)} kinds were made on purpose: "
        f"of {count(table['Records'].sum())} records, {were(lost)} lost, and {were(wrong)} "
        f"read half-written or changed. {agreement(portable)}"
    )


def faults(found: dict) -> str:
    """Return what the table of faults does not show."""
    kills, workers = found["kills"], found["kills_with_workers"]
    writing = kills["kills_while_writing"] + workers["kills_while_writing"]
    races, damage = found["races"], found["damage"]
    stopped = races["failed"] + found["clock"]["failed"]
    notes = [
        f"{writing} of the {kills['kills'] + workers['kills']} kills came while a record "
        "was being written.",
        f"In the races, {count(races['records'])} records took "
        f"{count(races['trainings'])} trainings. Of the sweeps that raced or whose clock "
        f"jumped, {stopped} ended with an error.",
        f"{damage['told']} of the {damage['damaged']} damages were reported in one "
        f"line; the other {damage['harmless']} changed nothing that a record says.",
    ]
    if found["disk"]:
        full, said = found["disk"]["full_disk"], found["disk"]["read_only"]["complaints"]
        one_line = sum(bool(text) and "\n" not in text for text in said.values())
        notes.append(
            f"{full['complaints']} of the {full['full_disks']} full disks were reported, "
            f"in at most {number_of(full['lines'], 'line')}; {one_line} of the {len(said)} "
            "ways to write to the read-only disk in one line each."
        )
    else:
        notes.append("Disks were not tried: that machine does not allow mounts.")
    return " ".join(notes)


def agreement(found: dict) -> str:
    """Return how many networks all tried processors agree on, with the portable setting."""
    if not found["agreement"]:
        return "Whether processors agree was not measured: it needs QEMU."
    apart = [
        f"`{network}`"
        for network, settings in found["agreement"].items()
        if not all(fact["same_bits"] for fact in settings["portable"].values())
    ]
    agreed, n = len(found["agreement"]) - len(apart), len(found["agreement"])
    emulated = {
        f"`{cpu}`": None
        for settings in found["agreement"].values()
        for cpu in settings["portable"]
    }
    return (
        f"With the portable setting, {agreed} of {n} networks came out the same to the bit "
        "on this machine's processor and on all that were emulated "
        f"({join(list(emulated))}){f'; not so {join(apart)}' if apart else ''}."
    )


def backends(found: dict) -> str:
    """Return what the table of backends holds."""
    jax = found["jax"]
    return (
        f"Mean accuracy on {count(jax['held_out'])} images held out from training, and "
        "differences of the means with 95 % intervals (Welch); "
        f"JAX {jax['version']} on the {jax['device'].upper()}."
    )
