"""The tables of what training costs, made from what the bench measured."""

from statistics import median

import numpy as np
import pandas as pd

from mnistlib.show import tables
from mnistlib.stats import intervals

OURS, KERAS, PYTORCH = "Ours", "Keras", "PyTorch"
CORES, ALL, THREAD = "a run a core", "one run, all cores", "one run, one thread"
AROUND = {
    "python": "a Python process that does nothing",
    "import": "`import mnistlib`",
    "import_library": "import of the parts that notebooks use",
    "load_data": "loading the data",
    "first_plot": "the first figure",
    "start_worker": "start of a worker, until it can train",
    "read_records": "reading {records} records",
    "read_records_and_arrays": "the same with their predictions",
    "notebooks_first": "executing {notebooks} notebooks of the profile `{profile}`, every "
    "record there, in a fresh copy",
    "notebooks": "the same once more",
    "book": "building the book",
}


def rates(system: dict, way: str) -> list[float]:
    """Return the images a second of one way to train a system, a value a round."""
    return [answer["images_per_second"] for answer in system["ways"][way]]


def peers(system: dict) -> dict[str, str]:
    """Return the peers' titles and names; of Keras's ways to augment, the quicker."""
    ways = [name for name in system["held_out_accuracy"] if name.startswith("keras")]
    keras = max(ways, key=lambda name: median(rates(system, f"{name}, {ALL}")))
    return {KERAS: keras, PYTORCH: "pytorch"}


def ratios(system: dict, ours: str, theirs: str) -> list[float]:
    """Return our rate divided by theirs, round by round."""
    pairs = zip(rates(system, ours), rates(system, theirs), strict=True)
    return [a / b for a, b in pairs]


def study_ratios(system: dict) -> dict[str, list[float]]:
    """Return, for each peer, our rate with a run a core by that of its run on all cores."""
    return {
        title: ratios(system, f"ours, {CORES}", f"{name}, {ALL}")
        for title, name in peers(system).items()
    }


def percent(x: float, digits: int = 0) -> str:
    """Format a fraction as a percentage, whole unless digits are asked for."""
    return tables.percent(x, digits)


def study_throughput(systems: list[dict]) -> pd.DataFrame:
    """Return the rates with all cores busy, and ours by the peers'."""
    rows = []
    for system in systems:
        ways = {OURS: f"ours, {CORES}"}
        ways |= {title: f"{name}, {ALL}" for title, name in peers(system).items()}
        row = {"System": system["name"]}
        row |= {
            title: tables.count(median(rates(system, way))) for title, way in ways.items()
        }
        row |= {f"÷ {title}": tables.spread(x) for title, x in study_ratios(system).items()}
        rows.append(row)
    return pd.DataFrame(rows)


def engine(systems: list[dict]) -> pd.DataFrame:
    """Return our rate by the peers' with as many threads and processes on both sides."""
    rows = []
    for system in systems:
        row = {
            "System": system["name"],
            OURS: tables.count(median(rates(system, f"ours, {THREAD}"))),
        }
        for words, way in (("a thread", THREAD), (CORES, CORES)):
            for title, name in peers(system).items():
                quotients = ratios(system, f"ours, {way}", f"{name}, {way}")
                row[f"÷ {title}, {words}"] = tables.spread(quotients)
        rows.append(row)
    return pd.DataFrame(rows)


def equal_work(systems: list[dict]) -> pd.DataFrame:
    """Return what each way reaches on held-out images after the same epochs."""
    return pd.DataFrame(
        {
            "System": f"{system['name']} (`{system['paper']}`)",
            "Images": tables.count(system["images"]),
            "Batch": system["batch_size"],
            "Epochs": system["epochs_before_accuracy"],
        }
        | {
            title: tables.percent(system["held_out_accuracy"][name])
            for title, name in ({OURS: "ours"} | peers(system)).items()
        }
        for system in systems
    )


def cpu(systems: list[dict]) -> pd.DataFrame:
    """Return the CPU seconds for a million images, all cores busy."""
    rows = []
    for system in systems:
        ways = {OURS: f"ours, {CORES}"}
        ways |= {title: f"{name}, {ALL}" for title, name in peers(system).items()}
        seconds = {
            title: median(a["cpu_seconds_per_million"] for a in system["ways"][way])
            for title, way in ways.items()
        }
        row = {title: f"{value:.0f}" for title, value in seconds.items()}
        rows.append({"System": system["name"]} | row)
    return pd.DataFrame(rows)


def limit_shares(system: dict) -> dict[str, float]:
    """Return the share of one thread's matrix-multiply rate that each way reaches."""
    limit = median(system["matmul_gflops"]["one thread"])
    flop = system["facts"]["flop_per_image"] / 1e9
    return {
        title: median(rates(system, f"{name}, {THREAD}")) * flop / limit
        for title, name in ({OURS: "ours"} | peers(system)).items()
    }


def limit(systems: list[dict]) -> pd.DataFrame:
    """Return the shares of the matrix-multiply rate, and what is left to gain."""
    rows = []
    for system in systems:
        flop = system["facts"]["flop_per_image"] / 1e9
        everything = median(system["matmul_gflops"]["all"]) / flop
        keras = median(rates(system, f"{peers(system)[KERAS]}, {ALL}"))
        row = {
            "System": system["name"],
            "MFLOP": f"{1e3 * flop:.2f}",
            "GFLOP/s": f"{median(system['matmul_gflops']['one thread']):.0f}",
        }
        row |= {title: percent(share) for title, share in limit_shares(system).items()}
        rows.append(row | {"Limit ÷ Keras": f"{everything / keras:.1f}"})
    return pd.DataFrame(rows)


def profile(systems: list[dict]) -> pd.DataFrame:
    """Return where the time of our step goes, the largest share first."""
    shares = pd.DataFrame([s["operations"] for s in systems]).fillna(0.0)
    if "executor" in shares:
        shares["other"] += shares.pop("executor")
    # Short, so that the table fits the page.
    shares = shares.rename(columns={"convolution": "conv", "batch norm": "norm"})
    order = shares.mean().sort_values(ascending=False).index
    shares = shares[order].map(percent)
    shares.insert(0, "System", [system["name"] for system in systems])
    return shares


def to_99(found: dict) -> pd.DataFrame:
    """Return the time to 99 % of three recipes: median, least and largest over seeds."""
    runs = pd.DataFrame(found["runs"])
    titles = {
        "ours": f"Ours: {tables.count(found['recipe']['n'])} images, one thread",
        "keras": "Keras's example, all cores",
        "pytorch": "PyTorch's example, all cores",
    }
    rows = []
    for way, title in titles.items():
        part = runs[runs["way"] == way]
        test = part["test_accuracy"]
        rows.append(
            {
                "Recipe": title,
                "Seeds": len(part),
                "Epochs": f"{part['epochs'].median():g}",
                "Seconds": tables.spread(part["seconds"], 1),
                "CPU seconds": f"{part['cpu_seconds'].median():.1f}",
                "Test accuracy": f"{tables.percent(test.median())} "
                f"({tables.interval(test.min(), test.max())})",
                "Runs at the goal": f"{int((test >= found['goal']).sum())} of {len(part)}",
            }
        )
    return pd.DataFrame(rows)


def sooner(found: dict, way: str, column: str = "seconds") -> float:
    """Return how many times sooner our recipe ends: median of the ratio over the seeds."""
    runs = pd.DataFrame(found["runs"])
    seconds = runs.pivot(index="seed", columns="way", values=column)
    return float((seconds[way] / seconds["ours"]).median())


def recipe(runs: list[dict]) -> pd.DataFrame:
    """Return the settings that were compared for the recipe, on held-out images.

    Args:
        runs: one or more seeds of each setting, with the fields that differ.
    """
    frame = pd.DataFrame(runs)
    titles = {
        "n": "Images",
        "label_smoothing": "Smoothing",
        "learning_rate": "Rate",
        "batch_size": "Batch",
    }
    by = [name for name in frame if name in titles]
    rows = []
    for setting, part in frame.groupby(by):
        accuracy = part["held_out_accuracy"]
        row = {
            titles[name]: tables.count(value) if name == "n" else f"{value:g}"
            for name, value in zip(by, setting, strict=True)
        }
        rows.append(
            row
            | {
                "Seeds": len(part),
                "Held-out accuracy": f"{tables.percent(accuracy.mean())} "
                f"({tables.interval(accuracy.min(), accuracy.max())})",
                "One more run": tables.interval(
                    *np.clip(intervals.prediction(accuracy), 0, 1)
                ),
                "Seconds": f"{part['seconds'].median():.1f}",
            }
        )
    return pd.DataFrame(rows)


def scaling(found: dict) -> pd.DataFrame:
    """Return what a second worker brings, here and on a Dask cluster."""
    return pd.DataFrame(
        {
            "Where": title,
            "One worker, s": f"{median(found['seconds'][f'{where}_1']):.2f}",
            "Two workers, s": f"{median(found['seconds'][f'{where}_2']):.2f}",
            "Efficiency": f"{found['efficiency'][where]:.2f}",
        }
        for where, title in (("local", "this machine"), ("dask", "a Dask cluster on it"))
    )


def part_name(name: str, found: dict) -> str:
    """Return what a person waits for, of what the bench measured around training."""
    study = found["study"]
    facts = {"notebooks": len(study["notebooks"]), "profile": study["profile"]}
    return AROUND[name].format(records=found["records"], **facts)


def around(found: dict) -> pd.DataFrame:
    """Return what a person waits for besides training."""
    return pd.DataFrame(
        {
            "Part": part_name(name, found),
            "Seconds": tables.spread(part["seconds"]),
            "CPU seconds": f"{median(part['cpu_seconds']):.2f}",
        }
        for name, part in found["parts"].items()
    )
