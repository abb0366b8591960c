"""The library's rooms: who may import whom, read from the imports themselves.

study -> chapters -> {claims, show, stats, runs} -> training -> {models, data} -> ground
study -> deploy -> {stats, runs}
{chapters, deploy, study} -> photos -> ground
"""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import mnistlib

_BELOW_TRAINING = {"ground", "data", "models"}
_BELOW_RUNS = _BELOW_TRAINING | {"training"}
# Room -> the rooms that it may import from.
MAY = {
    "ground": set(),
    "data": {"ground"},
    "models": {"ground"},
    "photos": {"ground"},
    "training": _BELOW_TRAINING,
    "runs": _BELOW_RUNS,
    "stats": _BELOW_RUNS,
    "claims": _BELOW_RUNS | {"stats"},
    "show": _BELOW_RUNS | {"stats", "claims"},
    "chapters": _BELOW_RUNS | {"runs", "stats", "claims", "show", "photos"},
    "deploy": _BELOW_RUNS | {"runs", "stats", "photos"},
    "study": _BELOW_RUNS
    | {"runs", "stats", "claims", "show", "photos", "chapters", "deploy"},
}
# The modules that may touch a backend; everything else can be imported without one.
KERAS = (
    "mnistlib.deploy.*",
    "mnistlib.ground.backend",
    "mnistlib.models.*",
    "mnistlib.training.engine_*",
    "mnistlib.training.train",
)
BACKENDS = {
    "tensorflow": (
        "mnistlib.deploy.formats_*",
        "mnistlib.ground.backend",
        "mnistlib.training.engine_tensorflow*",
    ),
    "keras": KERAS,
    "jax": (),
    "torch": (),
}


def imports(package: Path) -> dict[str, set[str]]:
    """Return module -> what it imports, wherever in the file, except for types alone.

    A name that is a module of the package is given as that module, others as they stand.
    """
    files = {module_name(path, package): path for path in package.rglob("*.py")}
    found = {}
    for name, path in files.items():
        found[name] = set()
        for target in targets(ast.parse(path.read_text(encoding="utf-8"))):
            parts = target.split(".")
            longest = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
            found[name].add(next((m for m in longest if m in files), target))
    return found


def module_name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def targets(node: ast.AST) -> Iterator[str]:
    """Yield the dotted names that are imported in a syntax tree."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        yield from (f"{module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from targets(child)


def violations(package: Path) -> list[str]:
    """Return what breaks the rules, one line each."""
    found, broken = imports(package), []
    chapters = {path.name for path in (package / "chapters").glob("*/")}
    for module, names in found.items():
        room, folder = [*module.split(".")[1:3], "", ""][:2]
        for name in sorted(names):
            line = f"{module} imports {name}"
            if name.startswith("."):
                broken.append(f"{line}: relative")
            for backend, places in BACKENDS.items():
                touches = name.split(".")[0] == backend
                if touches and not any(fnmatch(module, place) for place in places):
                    broken.append(f"{line}: a backend")
            if name in found and name != "mnistlib" and room:
                there, chapter = [*name.split(".")[1:3], ""][:2]
                if there != room and there not in MAY[room]:
                    broken.append(f"{line}: against the arrows")
                both = room == there == "chapters" and {folder, chapter} <= chapters
                if both and folder != chapter:
                    broken.append(f"{line}: another chapter")
    edges = {m: {n for n in names if n in found and n != m} for m, names in found.items()}
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        broken.append(f"a circle: {' <- '.join(error.args[1])}")
    return broken


def test_the_arrows_point_one_way_and_only_few_touch_a_backend():
    package = Path(mnistlib.__file__).parent
    rooms = {path.name for path in package.iterdir() if (path / "__init__.py").is_file()}
    assert rooms == set(MAY)
    assert violations(package) == []


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"ground/a": "import mnistlib.data"}, "ground.a imports mnistlib.data: against"),
        (
            {"ground/a": "def f():\n    from mnistlib.data import b"},
            "ground.a imports mnistlib.data.b: against",
        ),
        ({"stats/a": "from mnistlib.claims import f"}, "imports mnistlib.claims: against"),
        ({"runs/a": "from mnistlib import show"}, "runs.a imports mnistlib.show: against"),
        (
            {"chapters/one/a": "from mnistlib.chapters.two.b import NAME"},
            "chapters.one.a imports mnistlib.chapters.two.b: another chapter",
        ),
        (
            {
                "data/a": "if True:\n    from mnistlib.data import b",
                "data/b": "def f():\n    from mnistlib.data.a import g",
            },
            "a circle: mnistlib.data.",
        ),
        ({"show/a": "import tensorflow as tf"}, "show.a imports tensorflow: a backend"),
        (
            {"training/a": "def f():\n    from keras.layers import Dense"},
            "training.a imports keras.layers.Dense: a backend",
        ),
        ({"models/a": "import tensorflow"}, "models.a imports tensorflow: a backend"),
        ({"show/a": "from . import b"}, "show.a imports ..b: relative"),
    ],
)
def test_a_planted_violation_is_seen(tmp_path, files, line):
    package = tmp_path / "mnistlib"
    for room in (*MAY, "chapters/one", "chapters/two"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").touch()
    (package / "__init__.py").touch()
    for name in ("data/b", "chapters/two/b", "chapters/params"):
        (package / f"{name}.py").touch()
    allowed = {
        "chapters/one/good": "from mnistlib.chapters.params import P\nimport mnistlib",
        "chapters/one/more": "from mnistlib.chapters.one import good\nimport numpy",
        "training/engine_tensorflow": "import tensorflow, keras",
        "data/types": "if TYPE_CHECKING:\n    from mnistlib.study import x",
    }
    for name, code in allowed.items():
        (package / f"{name}.py").write_text(code)
    assert violations(package) == []
    for name, code in files.items():
        (package / f"{name}.py").write_text(code)
    (broken,) = violations(package)
    assert line in broken
