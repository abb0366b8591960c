"""The model card of a folder of exported files, made from its manifest."""

from pathlib import Path

from mnistlib.deploy import score
from mnistlib.ground.templates import environment
from mnistlib.stats.intervals import wilson

CARD, _TEMPLATE = "MODEL_CARD.md", "export_card.md.j2"


def card(entries: dict[str, dict]) -> str:
    """Return the card as Markdown.

    Args:
        entries: file -> its entry in the manifest.
    """
    files = {
        name: entry | {"interval": wilson(entry["n_correct"], entry["n_examples"])}
        for name, entry in sorted(entries.items())
    }
    template = environment(Path(__file__).parent).get_template(_TEMPLATE)
    return template.render(files=files, score=score)
