"""A chapter's sentences: a template beside its facts, one block for each finding.

``findings.md.j2`` holds ``{% block name %}...{% endblock %}``; the facts are computed, and
tested, in ``findings.py``. A fact that a block names and does not get is an error.
"""

import re
from functools import cache
from pathlib import Path

import jinja2

from mnistlib.ground.errors import StudyError
from mnistlib.ground.templates import environment
from mnistlib.show import tables, words
from mnistlib.show.style import label

TEMPLATE = "findings.md.j2"


@cache
def _template(folder: Path) -> jinja2.Template:
    templates = environment(folder)
    templates.filters |= {
        "percent": tables.percent,
        "number": tables.number,
        "count": tables.count,
        "points": tables.points,
        "images": tables.images,
        "rate": tables.rate,
        "p": words.p_text,
        "number_of": words.number_of,
        "begins": words.begins,
        "listed": words.join,
        "label": label,
    }
    templates.globals |= {
        "interval": tables.interval,
        "spread": tables.spread,
        "points_interval": tables.points_interval,
    }
    return templates.get_template(TEMPLATE)


def say(module_file: str, block: str, **facts) -> str:
    """Return a finding in words, as Markdown.

    Args:
        module_file: ``__file__`` of the module beside the template.
        block: name of the template's block.
        **facts: what the block is made from.

    Raises:
        StudyError: there is no such block, or it needs a fact that is not given.
    """
    template = _template(Path(module_file).parent)
    if block not in template.blocks:
        raise StudyError(
            f"a finding must be a block of {TEMPLATE} ({', '.join(template.blocks)}). "
            f"Received: block={block!r} (str)"
        )
    try:
        text = "".join(template.blocks[block](template.new_context(facts)))
    except jinja2.UndefinedError as error:
        raise StudyError(
            f"block {block!r} of {TEMPLATE} needs a fact that was not given. "
            f"Received: {', '.join(facts) or 'none'}; {error}"
        ) from None
    # A line that begins with a number and a full stop would begin a list.
    return re.sub(r"\n(?=\d+\.)", " ", text.strip())
