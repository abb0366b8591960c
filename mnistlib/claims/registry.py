"""What the papers claim: a table of printed values, read from claims.yaml."""

from functools import lru_cache
from importlib.resources import files

import pandas as pd
import yaml

COLUMNS = [
    "paper",
    "system",
    "metric",
    "value",
    "unit",
    "place",
    "protocol",
    "status_of_spec",
    "conflicts",
]


@lru_cache(maxsize=1)
def _registry() -> dict:
    text = files(__package__).joinpath("claims.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def load_claims() -> pd.DataFrame:
    """Return all claims of the papers, a row each.

    Returns:
        DataFrame indexed by claim id with the columns paper, system, metric, value (a
        number, or a list per class or epoch), unit, place, protocol, status_of_spec,
        conflicts (list of claim ids, empty where there is none). The terms are explained
        at the top of claims.yaml.
    """
    rows = [{"conflicts": []} | claim for claim in _registry()["claims"]]
    # Lists are shared with the cached registry: copy them, a caller may change his.
    rows = [{k: list(v) if isinstance(v, list) else v for k, v in r.items()} for r in rows]
    # One column holds ints, floats and lists: object, so that 159254 stays an integer.
    frame = pd.DataFrame(rows, dtype=object).set_index("id")
    return frame[COLUMNS]


def reported(claim_id: str):
    """Return the printed value of one claim, in the claim's unit.

    Args:
        claim_id: such as "AHM-01".

    Raises:
        ValueError: there is no such claim.
    """
    claims = load_claims()
    if claim_id not in claims.index:
        raise ValueError(
            f"claim_id must be one of the {len(claims)} ids in claims.yaml. "
            f"Received: claim_id={claim_id!r} ({type(claim_id).__name__}). "
            "List them with load_claims().index."
        )
    return claims.at[claim_id, "value"]


def papers() -> pd.DataFrame:
    """Return the papers under study: DataFrame of key, authors, title, year (text)."""
    return pd.DataFrame(_registry()["papers"])


def systems() -> pd.DataFrame:
    """Return the papers' systems: DataFrame of system, paper, description."""
    return pd.DataFrame(_registry()["systems"])
