"""What the page on exported files says in sentences, made from what the bench measured."""

import pandas as pd

from mnistlib.chapters.exports.results import KERAS, ONNX, OURS, PHOTO
from mnistlib.show.prose import say


def answer(files: pd.DataFrame, served: pd.DataFrame) -> str:
    """Return the page's answer: the smallest file that was kept, and the service."""
    kept = files[(files["gate"] == "") & (files["format"] != "Keras")]
    largest = files.sort_values("bytes").iloc[-1]
    same = kept[kept["network"] == largest["network"]]
    smallest = same.sort_values("bytes").iloc[0]
    return say(
        __file__,
        "answer",
        largest=largest,
        smallest=smallest,
        share=smallest["bytes"] / largest["bytes"],
        slowest=kept["ratio"].max(),
        exact=int((kept.loc[kept["precision"] == "float32", "flips"] == 0).sum()),
        n_exact=int((kept["precision"] == "float32").sum()),
        ours=_busiest(served, OURS),
        onnx=_busiest(served, ONNX),
        photo=_busiest(served, PHOTO),
    )


def _busiest(served: pd.DataFrame, way: str) -> pd.Series:
    return served[served["way"] == way].sort_values("clients").iloc[-1]


def gates(files: pd.DataFrame) -> str:
    """Return which files failed a gate, and what the columns of the table mean."""
    failed = files[files["gate"] != ""].to_dict("records")
    return say(__file__, "gates", failed=failed, images=int(files["images"].iloc[0]))


def service(found: dict, served: pd.DataFrame) -> str:
    """Return what the table of the service holds."""
    ours, keras = _busiest(served, OURS), _busiest(served, KERAS)
    return say(
        __file__,
        "service",
        found=found,
        ours=ours,
        keras=keras,
        photo=_busiest(served, PHOTO),
        tail=keras["p99"] / ours["p99"],
        refused=int(served["refused"].sum()),
    )


def machine(measured: dict[str, dict]) -> str:
    """Return what was measured on.

    Args:
        measured: part -> what `mnistlib.show.measured.measured` returned.
    """
    places = sorted(
        {(part["machine"]["cpu"], part["machine"]["cores"]) for part in measured.values()}
    )
    return say(__file__, "machine", places=places)
