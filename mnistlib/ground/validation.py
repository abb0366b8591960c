"""What validated models share: strict pydantic classes and one-line error messages."""

from pydantic import BaseModel, ConfigDict, ValidationError


class Checked(BaseModel):
    """A frozen model that refuses unknown names and does not convert types silently."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )


def one_line(error: ValidationError, what: str, known: list[str]) -> str:
    """Return a pydantic error as one line: what is required, what was received.

    Args:
        error: the error as pydantic raises it (possibly several faults).
        what: what was being checked, such as ``"notebook 02_optimizers"``.
        known: the names that are accepted, listed when an unknown one was given.
    """
    faults = []
    for fault in error.errors():
        name = ".".join(str(part) for part in fault["loc"])
        value = fault["input"]
        if fault["type"] == "extra_forbidden":
            faults.append(f"unknown name {name!r}; known: {', '.join(known)}")
        elif fault["type"] == "missing":
            faults.append(f"{name} is required")
        elif not name:  # a rule over several fields: its message names them
            faults.append(fault["msg"].removeprefix("Value error, "))
        else:
            message = fault["msg"].removeprefix("Value error, ")
            received = f"Received: {name}={value!r} ({type(value).__name__})"
            faults.append(f"{name}: {message}. {received}")
    return f"{what}: " + "; ".join(faults)
