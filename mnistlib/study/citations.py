"""How the report cites: papers that print no year by their key, all others by author, year.

A Sphinx extension that `_config.yml` loads. An entry of references.bib whose field
``shorthand`` is set is cited by it, as biblatex does; sphinxcontrib-bibtex would write
"n.d." for the missing year.
"""

from dataclasses import dataclass

import pybtex.plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.template import field, first_of, optional, tag
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle
from sphinxcontrib.bibtex.style.template import reference

_REFERENCES = "sphinxcontrib.bibtex.style.referencing"


@dataclass
class ShorthandReferences(AuthorYearReferenceStyle):
    """Cite by the shorthand, else by author and year."""

    def inner(self, role_name: str):
        """Return the template of one citation, without brackets around it."""
        shorthand = reference[tag("tt")[field("shorthand")]]
        return first_of[optional[shorthand], super().inner(role_name)]


class ShorthandLabels(BaseLabelStyle):
    """Label the entries of a bibliography by their shorthands."""

    def format_labels(self, sorted_entries):
        """Yield a label for each entry."""
        return (entry.fields["shorthand"] for entry in sorted_entries)


class ShorthandBibliography(PlainStyle):
    """List entries as the style "plain" does, under their shorthands."""

    default_label_style = ShorthandLabels


def setup(app) -> dict:
    """Register the styles; Sphinx calls this."""
    register_plugin(_REFERENCES, "shorthand", ShorthandReferences)
    formatting = "pybtex.style.formatting"
    pybtex.plugin.register_plugin(formatting, "shorthand", ShorthandBibliography)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
