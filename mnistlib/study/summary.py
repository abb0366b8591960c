"""What a study left behind, for machines: summary.json beside the executed notebooks."""

from collections import Counter
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from mnistlib.ground.errors import StudyError
from mnistlib.ground.files import write_whole
from mnistlib.ground.validation import Checked, one_line

FILE = "summary.json"


class NotebookResult(Checked):
    """How one notebook ended.

    Args:
        status: ``"ok"``, or ``"failed"`` (its copy from before, if any, is still there).
        seconds: wall time; runs that the store already held take none.
        profile: under which profile it ran.
        dataset: ``"mnist"`` or ``"digits"``, after ``"auto"`` was resolved; None for a
            notebook that looks at no data set.
        parameters: what replaced the notebook's defaults.
        finished: UTC, ISO 8601.
        commit: of the code; None without git.
        dirty: whether the code differed from the commit.
        error: one line; None when status is ok.
    """

    status: Literal["ok", "failed"]
    seconds: float
    profile: str
    dataset: Literal["mnist", "digits"] | None
    parameters: dict[str, Any]
    finished: str
    commit: str | None
    dirty: bool | None
    error: str | None = None


class Summary(Checked, extra="ignore"):
    """What a study did. Names of older and newer versions are passed over.

    Args:
        profile: of the last run.
        seconds: wall time of the last run.
        runs_trained: run records that the last run added to the store.
        workers: training processes.
        notebooks: name -> result, in the study's order. A notebook that the last run left
            out keeps its result from before, as long as its executed copy exists.
        machine, versions: of the last run.
    """

    profile: str
    seconds: float
    runs_trained: int
    workers: int
    notebooks: dict[str, NotebookResult]
    machine: dict[str, Any]
    versions: dict[str, str | None]

    @property
    def failed(self) -> list[str]:
        """The notebooks that failed."""
        return [name for name, result in self.notebooks.items() if result.status != "ok"]

    @property
    def datasets(self) -> list[str]:
        """The data sets of the pages, each once."""
        used = dict.fromkeys(result.dataset for result in self.notebooks.values())
        return [name for name in used if name is not None]

    @property
    def profiles(self) -> list[str]:
        """The profiles of the pages, each once, that of the most pages first."""
        return [name for name, _ in Counter(self._profiles.values()).most_common()]

    @property
    def apart(self) -> dict[str, str]:
        """Pages of another profile than most: their numbers are not beside the others'."""
        return {n: name for n, name in self._profiles.items() if name != self.profiles[0]}

    def compared(self, notebooks: list[Path]) -> list[Path]:
        """Return those of some executed notebooks that are not `apart`."""
        return [path for path in notebooks if path.stem not in self.apart]

    @property
    def _profiles(self) -> dict[str, str]:
        of = {n: r.profile for n, r in self.notebooks.items() if r.dataset}
        return of or {name: result.profile for name, result in self.notebooks.items()}


def read_summary(folder: Path) -> Summary | None:
    """Return the summary in a folder, None where there is none.

    Raises:
        StudyError: the file is not a summary.
    """
    path = folder / FILE
    try:
        return Summary.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValidationError, UnicodeDecodeError) as error:
        if isinstance(error, ValidationError):
            why = one_line(error, "its content", list(Summary.model_fields))
        else:
            why = f"no UTF-8: {error}"
        raise StudyError(
            f"a study's summary must be whole. Received: {path} ({why}); delete it and run "
            "the study again"
        ) from None


def write_summary(summary: Summary, folder: Path) -> Path:
    """Write a summary into a folder, whole or not at all; return its path."""
    path = folder / FILE
    write_whole(path, summary.model_dump_json(indent=2) + "\n")
    return path
