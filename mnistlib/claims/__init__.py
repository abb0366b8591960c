"""What the papers print."""

from mnistlib.claims.registry import (
    COLUMNS,
    load_claims,
    papers,
    printed,
    reported,
    systems,
)

__all__ = ["COLUMNS", "load_claims", "papers", "printed", "reported", "systems"]
