"""The model card of a folder of exported files, made from its manifest."""

from pathlib import Path

import jinja2

from mnistlib.deploy import score
from mnistlib.stats.intervals import wilson

CARD, _TEMPLATE = "MODEL_CARD.md", "export_card.md.j2"


def card(entries: dict[str, dict]) -> str:
    """Return the card as Markdown.

    Args:
        entries: file -> its entry in the manifest.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    files = {
        name: entry | {"interval": wilson(entry["n_correct"], entry["n_examples"])}
        for name, entry in sorted(entries.items())
    }
    return environment.get_template(_TEMPLATE).render(files=files, score=score)
