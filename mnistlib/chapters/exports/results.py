"""The tables of exported files and of the service, made from what the bench measured."""

from statistics import median

import pandas as pd

from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.stats.intervals import wilson

FORMATS = {"keras": "Keras", "onnx": "ONNX", "litert": "LiteRT", "js": "JavaScript"}
PRECISIONS = ["float32", "float16", "int16", "int8"]
OURS, PHOTO = "mnistlib serve", "mnistlib serve, a photograph"
KERAS, ONNX = "Flask, model.predict", "Flask, ONNX"


def files(found: dict) -> pd.DataFrame:
    """Return a row per exported file, those that failed a gate among them.

    Args:
        found: what the bench's part "exports" measured.

    Returns:
        Columns network, format, precision, bytes, accuracy, low and high (Wilson's),
        images, flips, largest_difference, ratio, least, largest (time of one image, as a
        multiple of the source's), gate.
    """
    rows = []
    for system in found["systems"]:
        for file in system["files"]:
            low, high = wilson(file["n_correct"], file["n_examples"])
            times = file["latency_ratios"] or [float("nan")]  # not measured
            rows.append(
                {
                    "network": system["name"],
                    "format": FORMATS[file["format"]],
                    "precision": file["precision"],
                    "bytes": file["bytes"],
                    "accuracy": file["n_correct"] / file["n_examples"],
                    "low": low,
                    "high": high,
                    "images": file["n_examples"],
                    "flips": file["flips"],
                    "largest_difference": file["largest_difference"],
                    "ratio": median(times),
                    "least": min(times),
                    "largest": max(times),
                    "gate": file["gate"],
                }
            )
    return pd.DataFrame(rows)


def _spread(middle: float, least: float, largest: float) -> str:
    if pd.isna(middle):
        return tables.MISSING
    return f"{middle:.2f} ({least:.2f}–{largest:.2f})"


FILE_COLUMNS = [
    Column("network", "Network"),
    Column("format", "Format"),
    Column("precision", "Precision"),
    Column("bytes", "Bytes", tables.count),
    Column("accuracy", "Accuracy", tables.percent),
    Column(("low", "high"), "Over images", tables.interval),
    Column("flips", "Flips", tables.count),
    Column("largest_difference", "Difference", lambda x: tables.rate(float(f"{x:.0e}"))),
    Column(("ratio", "least", "largest"), "Time ÷ source", _spread),
    Column("gate", "Kept", lambda gate: "no" if gate else "yes"),
]


def service(found: dict) -> pd.DataFrame:
    """Return a row per way to serve and number of clients: medians over the rounds.

    Args:
        found: what the bench's part "service" measured.

    Returns:
        Columns way, clients, per_second, p50, p95, p99 (milliseconds), refused (of all
        rounds), ratio, least, largest (answers a second, as a multiple of Flask with
        ``model.predict`` in the same round).
    """
    rows = []
    for way, by_clients in found["ways"].items():
        for clients, loads in by_clients.items():
            beside = found["ways"][KERAS][clients]
            ratios = [
                ours["per_second"] / theirs["per_second"]
                for ours, theirs in zip(loads, beside, strict=True)
            ]
            names = ("per_second", "p50", "p95", "p99")
            rows.append(
                {"way": way, "clients": int(clients)}
                | {name: median(load[name] for load in loads) for name in names}
                | {"refused": sum(load["refused"] for load in loads)}
                | {"ratio": median(ratios), "least": min(ratios), "largest": max(ratios)}
            )
    return pd.DataFrame(rows)


def _milliseconds(x: float) -> str:
    return f"{x:.1f}" if x < 10 else tables.count(round(x))


SERVICE_COLUMNS = [
    Column("way", "Way"),
    Column("clients", "Clients"),
    Column("per_second", "Answers a second", lambda x: tables.count(round(x))),
    Column("p50", "p50, ms", _milliseconds),
    Column("p95", "p95, ms", _milliseconds),
    Column("p99", "p99, ms", _milliseconds),
    Column(
        ("ratio", "least", "largest"),
        "÷ Flask, model.predict",
        lambda *x: "{:.1f} ({:.1f}–{:.1f})".format(*x),
    ),
]
