"""What the scoreboard says in sentences; the facts, and the template beside them."""

import pandas as pd

from mnistlib.claims.verdicts import (
    CONTRADICTED,
    HIGHER,
    LOWER,
    NOT_JUDGED,
    NOT_TESTABLE,
    REPRODUCED,
    UNDER_A_READING,
)
from mnistlib.show.prose import say

FOUND = ["AHM-09"]  # the layout was searched for by this count
LATE = ["AHM-11", "AHM-12"]  # momentum 0.9 was added when the others had been seen


def counts(board: pd.DataFrame) -> dict:
    """Return the facts of the answer: claims by verdict.

    Returns:
        n (claims), reproduced, facts (of these), readings, higher, lower, contradicted,
        untestable, unjudged: numbers; found and late: ids of `FOUND` and `LATE`; far: the
        row (a dict) that lies farthest outside in images; None where none does.
    """
    n, verdict = board["verdict"].value_counts(), board.set_index("id")["verdict"]
    outside = board[board["images"] > 0].sort_values("images")
    return {
        "n": len(board),
        "reproduced": int(n.get(REPRODUCED, 0)),
        "found": [one for one in FOUND if verdict.get(one) == REPRODUCED],
        "late": [one for one in LATE if verdict.get(one) == UNDER_A_READING],
        "facts": int((board["n"].isna() & (board["verdict"] == REPRODUCED)).sum()),
        "readings": int(n.get(UNDER_A_READING, 0)),
        "higher": int(n.get(HIGHER, 0)),
        "lower": int(n.get(LOWER, 0)),
        "contradicted": int(n.get(CONTRADICTED, 0)),
        "untestable": int(n.get(NOT_TESTABLE, 0)),
        "unjudged": int(n.get(NOT_JUDGED, 0)),
        "far": outside.iloc[-1].to_dict() if len(outside) else None,
    }


def answer(board: pd.DataFrame) -> str:
    """Return the page's answer."""
    return say(__file__, "answer", **counts(board))


def readings(facts: dict[str, list]) -> str:
    """Return what choosing a reading for each claim by itself hides.

    Args:
        facts: from `results.readings_apart`.
    """
    return say(__file__, "readings", **facts)


def read(chapters: dict[str, list[str]]) -> str:
    """Return which chapters the scoreboard was made from."""
    return say(__file__, "read", **chapters)
