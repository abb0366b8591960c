"""Many runs: ``collect(specs) -> Runs``."""

from mnistlib.runs.sweep import Runs, collect, default_workers, execute

__all__ = ["Runs", "collect", "default_workers", "execute"]
