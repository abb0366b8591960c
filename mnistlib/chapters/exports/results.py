"""The tables of exported files, the service and the readers, from what was measured."""

from statistics import median

import pandas as pd

from mnistlib.photos.render import KINDS
from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.stats.intervals import wilson

FORMATS = {"keras": "Keras", "onnx": "ONNX", "litert": "LiteRT", "js": "JavaScript"}
PRECISIONS = ["float32", "float16", "int16", "int8"]
OURS, PHOTO = "mnistlib serve", "mnistlib serve, a photograph"
KERAS, ONNX = "Flask, model.predict", "Flask, ONNX"
# Of a kind of photograph of which the page reads more than this share, it says so.
READ_FROM = 0.8


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


FILE_COLUMNS = [
    Column("network", "Network"),
    Column("format", "Format"),
    Column("precision", "Precision"),
    Column("bytes", "Bytes", tables.count),
    Column("accuracy", "Accuracy", tables.percent),
    Column(("low", "high"), "Over images", tables.interval),
    Column("flips", "Flips", tables.count),
    Column("largest_difference", "Difference", lambda x: tables.rate(float(f"{x:.0e}"))),
    Column(("ratio", "least", "largest"), "Time ÷ source", lambda *x: tables.spread(x)),
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
            ratio, least, largest = beside(found, way, KERAS, clients)
            names = ("per_second", "p50", "p95", "p99")
            rows.append(
                {"way": way, "clients": int(clients)}
                | {name: median(load[name] for load in loads) for name in names}
                | {"refused": sum(load["refused"] for load in loads)}
                | {"ratio": ratio, "least": least, "largest": largest}
            )
    return pd.DataFrame(rows)


def beside(
    found: dict, way: str, other: str, clients, value: str = "per_second"
) -> tuple[float, float, float]:
    """Return a way's value as a multiple of another's, each pair of the same round.

    Args:
        found: what the bench's part "service" measured.
        way, other: how pictures are served.
        clients: how many ask at once.
        value: what is compared; default answers a second.

    Returns:
        The median, the least and the largest of the rounds.
    """
    ratios = [
        ours[value] / theirs[value]
        for ours, theirs in zip(
            *(found["ways"][name][str(clients)] for name in (way, other)), strict=True
        )
    ]
    return median(ratios), min(ratios), max(ratios)


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
        lambda *x: tables.spread(x, digits=1),
    ),
]


def _share(*values: float) -> str:
    return tables.with_interval(*values, digits=0)


def readers(found: dict) -> pd.DataFrame:
    """Return a row per kind of photograph: how many the library and the page read.

    Args:
        found: what the bench's part "reader" measured.

    Returns:
        Columns kind, about; n_examples, library, page, only_library, only_page, warned,
        as measured; library_share and page_share, each with Wilson's low and high, such as
        page_low; is_read: the page's interval lies above `READ_FROM`.
    """
    rows = []
    for kind, counts in found["kinds"].items():
        row = {"kind": kind, "about": KINDS[kind].about} | counts
        for reader in ("library", "page"):
            low, high = wilson(counts[reader], counts["n_examples"])
            share = counts[reader] / counts["n_examples"]
            row |= {f"{reader}_share": share, f"{reader}_low": low, f"{reader}_high": high}
        rows.append(row | {"is_read": row["page_low"] > READ_FROM})
    return pd.DataFrame(rows)


READER_COLUMNS = [
    Column("kind", "Kind"),
    Column("about", "What it is"),
    *(
        Column((f"{reader}_share", f"{reader}_low", f"{reader}_high"), title, _share)
        for reader, title in (("library", "Library"), ("page", "Page"))
    ),
    Column("only_library", "Only library", tables.count),
    Column("only_page", "Only page", tables.count),
]
