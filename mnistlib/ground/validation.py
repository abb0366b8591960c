"""What validated models share: strict pydantic classes and one-line error messages."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

_LONGEST = 80
_MOST_FAULTS = 5


class Checked(BaseModel):
    """A frozen model that refuses unknown names and does not convert types silently."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )


def shown(value: Any) -> str:
    """Return a value's repr for a message, cut when it would fill the line."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits; deep nesting
        return f"a {type(value).__name__} too large to print"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _required(fault: dict) -> str:
    """Return what pydantic requires, in the words of this project's messages."""
    if fault["type"] == "list_type":
        return "must be a list, written [a, b]"
    if fault["type"] in ("model_type", "dict_type"):
        return "must be a mapping, written {name: value}"
    message = fault["msg"].removeprefix("Value error, ")
    message = message.replace("Input should be", "must be").replace(" after validation", "")
    return message.replace("List should have", "must have")


def one_line(error: ValidationError, what: str, known: list[str]) -> str:
    """Return a pydantic error as one line: what is required, what was received.

    Args:
        error: the error as pydantic raises it (possibly several faults).
        what: what was being checked, such as ``"notebook 02_optimizers"``.
        known: the names that are accepted, listed when an unknown one was given.
    """
    faults = []
    for fault in error.errors()[:_MOST_FAULTS]:
        name = ".".join(" ".join(str(part).split()) for part in fault["loc"])
        value = fault["input"]
        if fault["type"] == "extra_forbidden":
            names = "" if "known: " in " ".join(faults) else f"; known: {', '.join(known)}"
            faults.append(f"unknown name {shown(name)}{names}")
        elif fault["type"] == "missing":
            faults.append(f"{name} is required")
        elif not name and fault["type"] == "value_error":
            # A rule over several fields: its message names them.
            faults.append(_required(fault))
        else:
            name = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
            received = f"{name}={shown(value)}" if name else shown(value)
            faults.append(
                f"{name}{': ' if name else ''}{_required(fault)}. "
                f"Received: {received} ({type(value).__name__})"
            )
    if (more := error.error_count() - len(faults)) > 0:
        faults.append(f"and {more} more")
    return f"{what}: " + "; ".join(faults)
