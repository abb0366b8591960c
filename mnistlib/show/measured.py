"""What ``python -m bench`` measured, for the notebooks that show it."""

import json

from mnistlib.ground import paths
from mnistlib.ground.errors import StudyError


def measured(part: str, folder: str = "bench/results") -> dict:
    """Return what ``python -m bench PART`` wrote: found, machine, versions, code.

    Args:
        part: name of a part of the bench, such as "throughput".
        folder: of the results; from the project's folder, unless it is absolute.

    Raises:
        StudyError: the part was never measured there, or its file is not JSON.
    """
    path = paths.root() / folder / f"{part}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = "missing" if isinstance(error, FileNotFoundError) else str(error)
        raise StudyError(
            "this page needs what the bench measured. "
            f"Received: {folder}/{part}.json ({why}); `python -m bench {part}` measures it"
        ) from None
