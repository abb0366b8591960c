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
    "printed",
    "unit",
    "place",
    "protocol",
    "status_of_spec",
    "conflicts",
    "hedge",
    "bound",
    "note",
]


@lru_cache(maxsize=1)
def _registry() -> dict:
    text = files(__package__).joinpath("claims.yaml").read_text(encoding="utf-8")
    registry = yaml.safe_load(text)
    # The same file, but numbers as they stand there: 98.30 is no 98.3.
    as_text = yaml.load(text, Loader=yaml.BaseLoader)["claims"]
    for claim, texts in zip(registry["claims"], as_text, strict=True):
        claim["printed"] = texts["value"]
    return registry


def load_claims() -> pd.DataFrame:
    """Return all claims of the papers, a row each.

    Returns:
        DataFrame indexed by claim id with the columns paper, system, metric, value (a
        number, or a list per class or epoch), printed (its text, with the digits that the
        paper prints), unit, place, protocol, status_of_spec, conflicts (list of claim
        ids), hedge, bound ("lower" or "") and note (texts). A field that a claim does not
        have is empty. The terms are explained at the top of claims.yaml.
    """
    empty = {"conflicts": [], "hedge": "", "bound": "", "note": ""}
    rows = [empty | claim for claim in _registry()["claims"]]
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
    return _claim(claim_id)["value"]


def printed(claim_id: str) -> str:
    """Return the text of one printed value: the digits of the paper, several with commas.

    Args:
        claim_id: such as "AHM-01".

    Raises:
        ValueError: there is no such claim.
    """
    text = _claim(claim_id)["printed"]
    return ", ".join(text) if isinstance(text, list) else text


def conflicting(claim_id: str) -> list[str]:
    """Return the claims of the same paper that cannot hold together with one.

    A value that is the other one rounded is left out.

    Args:
        claim_id: such as "RAU-01".
    """
    claims = load_claims()
    own = claims.loc[claim_id]
    return [id for id in own["conflicts"] if not _is_rounded(own, claims.loc[id])]


def _is_rounded(one: pd.Series, other: pd.Series) -> bool:
    """Tell whether one printed number is another one, rounded to its digits."""
    values, texts = (one["value"], other["value"]), (one["printed"], other["printed"])
    if any(isinstance(value, list) for value in values) or one["unit"] != other["unit"]:
        return False
    digits = min(len(text.partition(".")[2]) for text in texts)
    return round(values[0], digits) == round(values[1], digits)


def _claim(claim_id: str) -> pd.Series:
    claims = load_claims()
    if claim_id not in claims.index:
        raise ValueError(
            f"claim_id must be one of the {len(claims)} ids in claims.yaml. "
            f"Received: claim_id={claim_id!r} ({type(claim_id).__name__}). "
            "List them with load_claims().index."
        )
    return claims.loc[claim_id]


def papers() -> pd.DataFrame:
    """Return the papers under study: DataFrame of key, authors, title, year (text)."""
    return pd.DataFrame(_registry()["papers"])


def systems() -> pd.DataFrame:
    """Return the papers' systems: DataFrame of system, paper, description."""
    return pd.DataFrame(_registry()["systems"])
