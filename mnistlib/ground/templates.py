"""Text from templates: one way to read them, for cards, findings and pages."""

from pathlib import Path

import jinja2


def environment(folder: Path, html: bool = False, **options) -> jinja2.Environment:
    """Return Jinja's environment for the templates of a folder.

    A name that is not given is an error, and a line that holds only a tag leaves nothing.

    Args:
        folder: of the templates.
        html: values are escaped; not so in Markdown, of our own numbers and names.
        **options: of Jinja's, in addition.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=html,
        **options,
    )
