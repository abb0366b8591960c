"""The generated parts of the page on durability, from results of the bench."""

import pandas as pd
from scipy import stats

from mnistlib.show import tables
from mnistlib.show.measured import not_measured, result
from mnistlib.show.words import join, number_of


def faults() -> str:
    """Return the table of faults that were made, and what became of the records."""
    measured = result("faults")
    if measured is None:
        return not_measured("faults")
    found = measured["found"]
    rows = [
        _kills("SIGKILL of a sweep", found["kills"]),
        _kills("SIGKILL of a sweep with two workers", found["kills_with_workers"]),
        *(_disk(found["disk"]) if found["disk"] else []),
        {
            "Fault": "a record cut, edited or emptied",
            "Times": found["damage"]["damaged"],
            "Records": 1,
            "Lost": 1 - found["damage"]["made_again"],
            "Half-written or changed, and read": found["damage"]["read_wrong"],
        },
        {
            "Fault": "two sweeps racing",
            "Times": found["races"]["races"],
            "Records": found["races"]["records"],
            "Lost": found["races"]["expected"] - found["races"]["records"],
            "Half-written or changed, and read": found["races"]["broken"],
        },
        {
            "Fault": "a clock that jumps, in two sweeps",
            "Times": found["clock"]["sweeps"],
            "Records": found["clock"]["records"],
            "Lost": found["clock"]["expected"] - found["clock"]["records"],
            "Half-written or changed, and read": found["clock"]["broken"]
            + found["clock"]["records"]
            - found["clock"]["same"],
        },
    ]
    kills, workers = found["kills"], found["kills_with_workers"]
    writing = kills["kills_while_writing"] + workers["kills_while_writing"]
    races, damage = found["races"], found["damage"]
    stopped = races["failed"] + found["clock"]["failed"]
    notes = [
        f"{writing} of the {kills['kills'] + workers['kills']} kills came while a record "
        "was being written.",
        f"In the races, {tables.count(races['records'])} records took "
        f"{tables.count(races['trainings'])} trainings. Of the sweeps that raced or whose "
        f"clock jumped, {stopped} ended with an error.",
        f"{damage['told']} of the {damage['damaged']} damages were told in one line; the "
        f"other {damage['harmless']} changed nothing that a record says.",
    ]
    if found["disk"]:
        full, said = found["disk"]["full_disk"], found["disk"]["read_only"]["complaints"]
        one_line = sum(bool(text) and "\n" not in text for text in said.values())
        notes.append(
            f"{full['complaints']} of the {full['full_disks']} full disks were told, in at "
            f"most {number_of(full['lines'], 'line')}; {one_line} of the {len(said)} "
            "ways to write to the read-only disk in one line each."
        )
    else:
        notes.append("Disks were not tried: this machine does not allow mounts.")
    table = tables.table_directive(pd.DataFrame(rows), "Faults", "tab-faults")
    return table + "\n" + " ".join(notes) + "\n"


def _kills(name: str, counts: dict) -> dict:
    return {
        "Fault": name,
        "Times": counts["kills"],
        "Records": counts["records"],
        "Lost": counts["lost"] + counts["unfinished"],
        "Half-written or changed, and read": counts["half_written"]
        + counts["changed"]
        + counts["wrong"],
    }


def _disk(found: dict) -> list[dict]:
    full, locked = found["full_disk"], found["read_only"]
    return [
        {
            "Fault": "a full disk",
            "Times": full["full_disks"],
            "Records": full["finished"],
            "Lost": full["lost"] + full["unfinished"],
            "Half-written or changed, and read": full["half_written"],
        },
        {
            "Fault": "a read-only disk",
            "Times": 1,
            "Records": locked["read"],
            "Lost": locked["read"] - locked["whole"],
            "Half-written or changed, and read": locked["half_written"],
        },
    ]


def portability() -> str:
    """Return the table of which processors agree."""
    measured = result("portable")
    if measured is None:
        return not_measured("portable")
    found, machine = measured["found"], measured["machine"]["cpu"]
    if not found["agreement"]:
        return "Whether processors agree was not measured: it needs QEMU.\n"
    agree = pd.DataFrame(
        {
            "Network": f"`{network}`",
            "Setting": setting,
            "Processor": f"`{cpu}` (emulated)",
            f"Weights as on {machine}": "every bit" if fact["same_bits"] else "different",
        }
        for network, settings in found["agreement"].items()
        for setting, cpus in settings.items()
        for cpu, fact in cpus.items()
    )
    table = tables.table_directive(agree, "Processors compared", "tab-portable")
    apart = [
        f"`{network}`"
        for network, settings in found["agreement"].items()
        if not all(fact["same_bits"] for fact in settings["portable"].values())
    ]
    agreed = len(found["agreement"]) - len(apart)
    said = f"With the setting, {agreed} of {len(found['agreement'])} networks came out the "
    said += "same to the bit on all processors"
    return f"{table}\n{said}{f'; not so {join(apart)}' if apart else ''}.\n"


def price() -> str:
    """Return the table of what the portable setting costs."""
    measured = result("price")
    if measured is None:
        return not_measured("price")
    costs = pd.DataFrame(
        {
            "Network": f"`{network}`",
            "Images per CPU second": price["images_per_cpu_second"]["default"],
            "Portable": price["images_per_cpu_second"]["portable"],
            "Ratio": price["ratio"],
            "Least": min(price["ratios"]),
            "Largest": max(price["ratios"]),
        }
        for network, price in measured["found"]["price"].items()
    )
    ratios = dict.fromkeys(("Ratio", "Least", "Largest"), ".2f")
    formats = {"Images per CPU second": ".0f", "Portable": ".0f"} | ratios
    return tables.table_directive(
        costs,
        "Price of the portable setting: median ratio over rounds in turns",
        "tab-portable-price",
        formats,
    )


def backends() -> str:
    """Return the table of what Keras on JAX and on TensorFlow come to over seeds."""
    measured = result("backends")
    if measured is None:
        return not_measured("backends")
    found = measured["found"]
    rows = []
    for name in found["jax"]["systems"]:
        seeds = {
            backend: pd.DataFrame(found[backend]["systems"][name])
            for backend in ("tensorflow", "jax")
        }
        row = {
            "Network": name,
            "Seeds": f"{len(seeds['tensorflow'])} + {len(seeds['jax'])}",
        }
        for backend, title in (("tensorflow", "TensorFlow"), ("jax", "JAX")):
            row[title] = tables.percent(seeds[backend]["accuracy"].mean())
        row["JAX − TensorFlow, points"] = _difference(seeds, "accuracy", 100)
        row["of the loss, nats"] = _difference(seeds, "loss", 1, digits=4)
        rows.append(row)
    table = tables.table_directive(
        pd.DataFrame(rows), "Keras on JAX and on TensorFlow, over seeds", "tab-backends"
    )
    return (
        f"{table}\nMean accuracy on {tables.count(found['jax']['held_out'])} images held "
        "out from training, and differences of the means with 95 % intervals "
        f"(Welch); JAX {found['jax']['version']} on the {found['jax']['device'].upper()}.\n"
    )


def _difference(seeds: dict, column: str, scale: float, digits: int = 2) -> str:
    ours, theirs = (scale * seeds[name][column] for name in ("jax", "tensorflow"))
    tested = stats.ttest_ind(ours, theirs, equal_var=False)
    low, high = tested.confidence_interval(0.95)
    middle = ours.mean() - theirs.mean()
    return f"{middle:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"
