"""Parameter values written as text: in study.yaml and on the command line.

PyYAML follows YAML 1.1, where ``1e-3`` is text, ``yes`` is true, ``010`` is 8 and the last
of two equal keys wins silently. Here a value means what it means in Python and in JSON.
"""

import re
from typing import ClassVar

import yaml

from mnistlib.ground.errors import ParameterError
from mnistlib.ground.validation import shown

_WORDS = {
    "null": (r"~|null|None|", ["~", "n", "N", ""]),
    "bool": (r"[tT]rue|[fF]alse", list("tTfF")),
    "int": (r"[-+]?(0|[1-9][0-9]*(_[0-9]+)*)", list("-+0123456789")),
    "float": (
        r"[-+]?(([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)",
        list("-+.0123456789"),
    ),
}
# A name at the start or after a space, then "=": where the next assignment begins.
_ASSIGNMENT = re.compile(r"(?:^|\s)([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)?)=")


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: ClassVar[dict] = {}  # none of YAML 1.1's

    def construct_mapping(self, node, deep=False):
        mapping = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            names = [self.construct_object(key, deep=True) for key, _ in node.value]
            twice = next(name for name in names if names.count(name) > 1)
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice!r} stands twice", node.start_mark
            )
        return mapping


for _tag, (_pattern, _first) in _WORDS.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )


def parse(text: str):
    """Return what a YAML text says, with Python's and JSON's meaning of the values.

    ``1e-3`` is a float, ``yes`` and ``007`` are text, ``None`` and ``null`` are None, and a
    key that stands twice is an error.

    Raises:
        yaml.YAMLError: the text is not YAML, or names a key twice.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # a subclass of SafeLoader
    except RecursionError:
        raise yaml.YAMLError("it is nested too deeply") from None
    except (ValueError, TypeError) as error:  # an integer of thousands of digits
        raise yaml.YAMLError(str(error)) from None


def parse_overrides(text: str) -> dict:
    """Return the parameters in a text such as ``epochs=3 seeds=[0, 1] rate=1e-3``.

    Args:
        text: assignments separated by spaces. A name may be written with its notebook
            (``02_optimizers.epochs=3``). A value is a number, true, false, null, a list in
            brackets, a mapping in braces, or text.

    Raises:
        ParameterError: there is no assignment, a value cannot be read, or a name stands
            twice.
    """
    found = list(_ASSIGNMENT.finditer(text))
    if text.strip() and (not found or text[: found[0].start()].strip()):
        raise ParameterError(
            "parameters must be written name=value, separated by spaces, such as "
            f"'epochs=3 seeds=[0,1]'. Received: {shown(text)} (str)"
        )
    overrides = {}
    for i, match in enumerate(found):
        end = found[i + 1].start() if i + 1 < len(found) else len(text)
        name, value = match.group(1), text[match.end() : end].strip()
        if name in overrides:
            raise ParameterError(
                "each parameter must be given once. "
                f"Received: {name}= twice in {shown(text)} (str)"
            )
        try:
            overrides[name] = parse(value)
        except (yaml.YAMLError, ValueError, RecursionError):
            raise ParameterError(
                "a parameter's value must be a number, true, false, null, text without "
                "special signs, or a list in brackets. "
                f"Received: {name}={shown(value)} (str)"
            ) from None
    return overrides
