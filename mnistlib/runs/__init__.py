"""Many runs: ``collect(cases) -> Runs``."""

from mnistlib.runs.cases import Case, cases
from mnistlib.runs.sweep import Runs, collect, default_workers, execute

__all__ = ["Case", "Runs", "cases", "collect", "default_workers", "execute"]
