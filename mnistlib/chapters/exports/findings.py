"""What the page on exported files says in sentences, made from what the bench measured."""

import pandas as pd

from mnistlib.chapters.exports.results import (
    KERAS,
    ONNX,
    OURS,
    PHOTO,
    READ_FROM,
    beside,
)
from mnistlib.chapters.exports.results import readers as readers_table
from mnistlib.chapters.exports.results import service as service_table
from mnistlib.show.prose import say


def answer(files: pd.DataFrame, found: dict) -> str:
    """Return the page's answer: the smallest file that was kept, and the service.

    Args:
        files: what `results.files` returned.
        found: what the bench's part "service" measured.
    """
    kept = files[(files["gate"] == "") & (files["format"] != "Keras")]
    largest = files.sort_values("bytes").iloc[-1]
    same = kept[kept["network"] == largest["network"]]
    smallest = same.sort_values("bytes").iloc[0]
    served = service_table(found).sort_values("clients", kind="stable")
    few, many = (served.groupby("way").nth(end).set_index("way") for end in (0, -1))
    return say(
        __file__,
        "answer",
        largest=largest,
        smallest=smallest,
        share=smallest["bytes"] / largest["bytes"],
        slowest=_rounds(kept.loc[kept["ratio"].idxmax()]),
        exact=int((kept.loc[kept["precision"] == "float32", "flips"] == 0).sum()),
        n_exact=int((kept["precision"] == "float32").sum()),
        ours=many.loc[OURS],
        onnx=many.loc[ONNX],
        photo=many.loc[PHOTO],
        ours_alone=few.loc[OURS],
        onnx_alone=few.loc[ONNX],
        alone=beside(found, OURS, ONNX, few.at[OURS, "clients"]),
        shares=_rounds,
    )


def _rounds(row: pd.Series) -> list[float]:
    return [row["ratio"], row["least"], row["largest"]]


def gates(files: pd.DataFrame) -> str:
    """Return which files failed a gate, and what the columns of the table mean."""
    failed = files[files["gate"] != ""].to_dict("records")
    return say(__file__, "gates", failed=failed, images=int(files["images"].iloc[0]))


def service(found: dict) -> str:
    """Return what the table of the service holds."""
    served = service_table(found)
    busiest = served[served["clients"] == served["clients"].max()].set_index("way")
    most = busiest.at[OURS, "clients"]
    return say(
        __file__,
        "service",
        found=found,
        ours=busiest.loc[OURS],
        photo=busiest.loc[PHOTO],
        tail=beside(found, KERAS, OURS, most, "p99"),
        tail_of_onnx=beside(found, ONNX, OURS, most, "p99"),
        refused=int(served["refused"].sum()),
    )


def readers(found: dict) -> str:
    """Return what the table of photographs holds, and what the page does not read."""
    table = readers_table(found)
    read, others = table[table["is_read"]], table[~table["is_read"]]
    return say(
        __file__,
        "readers",
        system=found["system"],
        all=table.sum(numeric_only=True),
        least=READ_FROM,
        read=read,
        only=read[["only_library", "only_page"]].sum(),
        others=others.to_dict("records"),
        missed=(others["n_examples"] - others["page"]).sum(),
        warned=others["warned"].sum(),
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
