"""The tables on what the records bear, made from what the bench did to them."""

import pandas as pd
from scipy import stats

from mnistlib.show import tables


def faults(found: dict) -> pd.DataFrame:
    """Return the faults that were made, and what became of the records."""
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
    return pd.DataFrame(rows)


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


def portability(found: dict, machine: str) -> pd.DataFrame:
    """Return which emulated processors give the weights of this machine, to the bit.

    Args:
        found: ``agreement``: network -> setting -> processor -> whether the bits agree.
        machine: name of the processor that all are compared with.
    """
    return pd.DataFrame(
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


def price(found: dict) -> pd.DataFrame:
    """Return what the portable setting costs: medians, and the least and largest ratio."""
    return pd.DataFrame(
        {
            "Network": f"`{network}`",
            "Images per CPU second": tables.count(one["images_per_cpu_second"]["default"]),
            "Portable": tables.count(one["images_per_cpu_second"]["portable"]),
            "Ratio": f"{one['ratio']:.2f}",
            "Least": f"{min(one['ratios']):.2f}",
            "Largest": f"{max(one['ratios']):.2f}",
        }
        for network, one in found["price"].items()
    )


def backends(found: dict) -> pd.DataFrame:
    """Return what Keras on JAX and on TensorFlow come to over seeds."""
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
    return pd.DataFrame(rows)


def _difference(seeds: dict, column: str, scale: float, digits: int = 2) -> str:
    ours, theirs = (scale * seeds[name][column] for name in ("jax", "tensorflow"))
    tested = stats.ttest_ind(ours, theirs, equal_var=False)
    low, high = tested.confidence_interval(0.95)
    middle = ours.mean() - theirs.mean()
    text = f"{middle:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"
    return text.replace("-", tables.MINUS)
