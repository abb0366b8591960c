"""A hash of the code that builds a model: what it does, not how it is written.

The hash is over syntax trees. Comments, docstrings, annotations, layout, the place of a
definition and of an import do not count; every name, number and call does, in the function
and in all that it refers to inside this package. It is the same under Python 3.11 to 3.13.
"""

import ast
import hashlib
import importlib.util
import inspect
import json
import pkgutil
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache

# Left out of a tree: how it is written, and what differs between versions of Python.
_SILENT = {"annotation", "ctx", "kind", "returns", "type_comment", "type_params"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)


def _read() -> dict[str, str]:
    package = sys.modules[__package__]
    found = {__package__: package.__spec__.loader.get_source(__package__)}
    for module in pkgutil.iter_modules(package.__path__):
        loader = module.module_finder.find_spec(module.name).loader
        found[f"{__package__}.{module.name}"] = loader.get_source(module.name)
    return found


# Read once, when the package is imported and Python reads it too: what is edited later is
# not the code of this process.
_SOURCES = _read()


@cache
def code_hash(*functions: Callable) -> str:
    """Return the SHA-256, 64 hexadecimal digits, of what some functions do.

    Args:
        *functions: defined at the top of a module. With them goes all that they refer to,
            by name, in their own modules and in this package, and so on.
    """
    closure = _Closure({function.__module__ for function in functions})
    for function in functions:
        closure.follow(f"{function.__module__}.{function.__qualname__}")
    text = json.dumps(closure.told(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class _Closure:
    """The definitions that others lead to."""

    def __init__(self, modules: set[str]):
        self._modules = modules | set(_SOURCES)
        # (module, name) -> its tree, and what each name in it stands for.
        self._parts: dict[tuple[str, str], tuple[list, dict[str, set]]] = {}

    def follow(self, dotted: str) -> set:
        """Take in what a dotted name stands for; return it as parts or as names outside."""
        if dotted in self._modules:  # a module may be used for any of its names
            return set().union(
                *(self.follow(f"{dotted}.{name}") for name in _statements(dotted))
            )
        module, _, name = dotted.rpartition(".")
        if module not in self._modules:
            return {dotted}
        return self._take(module, name)

    def _take(self, module: str, name: str) -> set:
        statements = _statements(module).get(name, [])
        passed_on = {
            part
            for statement in statements
            if isinstance(statement, _IMPORTS)
            for dotted in _imports(statement, module)[name]
            for part in self.follow(dotted)
        }
        own = [s for s in statements if not isinstance(s, _IMPORTS)]
        if not own:
            return passed_on
        part = (module, name)
        if part not in self._parts:
            uses: dict[str, set] = {}
            self._parts[part] = ([_canonical(statement) for statement in own], uses)
            for statement in own:
                inner = _imports(statement, module)
                for used in _names(statement):
                    known = inner.get(used, ())
                    if not known and used in _statements(module):
                        known = {f"{module}.{used}"}
                    for dotted in known:
                        uses.setdefault(used, set()).update(self.follow(dotted))
        return passed_on | {part}

    def told(self) -> list:
        """Return the parts as JSON values; modules are named only to tell namesakes."""
        namesakes = Counter(name for _, name in self._parts)

        def label(target) -> str:
            if isinstance(target, str):
                return target
            module, name = target
            return name if namesakes[name] == 1 else f"{module}:{name}"

        return sorted(
            [
                label(part),
                tree,
                {used: sorted(map(label, targets)) for used, targets in uses.items()},
            ]
            for part, (tree, uses) in self._parts.items()
        )


@cache
def _statements(module: str) -> dict[str, list[ast.stmt]]:
    """Return the top-level statements that give each name of a module its value."""
    source = _SOURCES.get(module) or inspect.getsource(sys.modules[module])
    found = defaultdict(list)
    for statement in ast.parse(source).body:
        for name in _given(statement):
            found[name].append(statement)
    return dict(found)


def _given(statement: ast.stmt) -> set[str]:
    """Return the names that a statement defines, changes or may change."""
    if isinstance(statement, _DEFINITIONS):
        return {statement.name}
    if isinstance(statement, _IMPORTS):
        return set(_imports(statement, ""))
    if isinstance(statement, ast.Expr):  # such as `table.update(...)`
        return _names(statement)
    stored = set()
    for node in ast.walk(statement):
        if isinstance(node, (*_DEFINITIONS, *_IMPORTS)):
            stored |= _given(node)
        elif isinstance(node, ast.Expr):
            stored |= _names(node)
        elif isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            stored |= _names(node)  # with the name before `[...]` and `.name`
    return stored


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in _walk(node) if isinstance(part, ast.Name)}


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a tree's nodes without those that are silent."""
    yield node
    for field, value in ast.iter_fields(node):
        if field not in _SILENT:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _walk(child)


def _imports(statement: ast.stmt, module: str) -> dict[str, set[str]]:
    """Return the dotted names that the imports in a statement bind, by local name."""
    found = defaultdict(set)
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            for name in node.names:
                found[name.asname or name.name.partition(".")[0]].add(name.name)
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            if node.level and module:
                package = module if module == __package__ else module.rpartition(".")[0]
                source = importlib.util.resolve_name(source, package)
            for name in node.names:
                found[name.asname or name.name].add(f"{source}.{name.name}")
    return found


def _canonical(node):
    """Return a tree as nested lists: kinds, fields and values."""
    if isinstance(node, list):
        return [_canonical(item) for item in node if not isinstance(item, _IMPORTS)]
    if not isinstance(node, ast.AST):
        return f"{type(node).__name__} {node!a}"
    fields = []
    for field, value in ast.iter_fields(node):
        if field == "body" and isinstance(node, _DEFINITIONS):
            value = value[1:] if ast.get_docstring(node, clean=False) else value
        if isinstance(node, ast.JoinedStr):  # Python 3.12 has empty texts in some
            value = [part for part in value if getattr(part, "value", None) != ""]
        if field not in _SILENT and value is not None and value != []:
            fields.append([field, _canonical(value)])
    return [type(node).__name__, *sorted(fields, key=lambda field: field[0])]
