"""What exported files are worth: bytes, answers, and the time of one image, in turns."""

import tempfile
from pathlib import Path

from mnistlib import data
from mnistlib.deploy import bundle, formats, score, sources
from mnistlib.deploy.export import Judge, written
from mnistlib.deploy.formats_keras import compiled

KEPT = (
    "format",
    "precision",
    "gate",
    "bytes",
    "n_examples",
    "n_correct",
    "source_correct",
    "flips",
    "largest_difference",
)


def of_system(name: str, quick: bool) -> dict:
    """Return the files of one network of ``models/``, those that fail a gate among them."""
    judge = Judge(sources.of_system(name), data.load("mnist"))
    readers, files = {"source": compiled(judge.source.model)}, {}
    with tempfile.TemporaryDirectory() as folder:
        for form, known in formats.FORMATS.items():
            for precision in known.precisions:
                file = f"{form}-{precision}"
                path = Path(folder) / f"{file}{known.suffix}"
                entry = written(judge, form, precision, path)
                files[file] = {key: entry[key] for key in KEPT}
                if known.is_timed:
                    readers[file] = formats.reader(form, path)
        rounds, calls = (2, 10) if quick else (15, 100)
        times = score.ratios(readers, judge.images, "source", rounds, calls)
    for file, entry in files.items():
        ratios = times.get(file)  # none where the call is not the network's
        entry["latency_ratios"] = ratios and [round(ratio, 4) for ratio in ratios]
    facts = bundle.manifest(name)
    return {
        "name": name,
        "model": facts["model"],
        "parameters": facts["parameters"],
        "files": list(files.values()),
    }


def measure(quick: bool) -> dict:
    """Return the files of every network of ``models/``, JSON values only.

    Args:
        quick: the first network only, few calls.
    """
    names = bundle.names()[:1] if quick else bundle.names()
    return {"systems": [of_system(name, quick) for name in names]}
