"""pyproject.toml, requirements.lock and environment.yml say the same."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
PYTHONS = ["3.11.0", "3.11.2", "3.11.9", "3.12.4", "3.13.1"]


def pins(python: str, system: str = "linux") -> dict[str, str]:
    """Return package -> version that the lock gives to a Python on a system."""
    machine = default_environment() | {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[
            system
        ],
        "os_name": "nt" if system == "win32" else "posix",
    }
    found = {}
    for line in re.findall(r"^[a-zA-Z0-9][^\\\n]*", LOCK, flags=re.M):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(machine):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"two pins of {name} for Python {python}"
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            found[name] = pin.version
    return found


def stated() -> list[Requirement]:
    """Return every requirement of pyproject.toml, those of the extras too."""
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(r) for group in (PROJECT["dependencies"], *extras) for r in group]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_every_stated_requirement_has_a_pin_in_its_range(python, system):
    locked = pins(python, system)
    for requirement in stated():
        version = locked.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} has no pin"
        assert requirement.specifier.contains(version), f"{requirement}: pin {version}"


def test_every_requirement_has_a_floor():
    for requirement in stated():
        assert any(part.operator == ">=" for part in requirement.specifier), requirement


def test_every_pin_has_hashes_and_no_address():
    blocks = re.split(r"^(?=[a-zA-Z0-9])", LOCK, flags=re.M)[1:]
    assert len(blocks) > 100
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]
    assert not re.search(r"://| @ |--(extra-)?index-url|--find-links|file:", LOCK)


def test_all_places_state_the_same_pythons():
    required = SpecifierSet(PROJECT["requires-python"])
    assert all(required.contains(python) for python in PYTHONS)
    assert not required.contains("3.10.14")
    assert not required.contains("3.14.0")
    classified = {
        c.rpartition(" ")[2] for c in PROJECT["classifiers"] if ":: Python :: 3." in c
    }
    assert classified == {"3.11", "3.12", "3.13"}
    (conda,) = [d for d in CONDA["dependencies"] if str(d).startswith("python")]
    assert SpecifierSet(conda.removeprefix("python")) == required
    assert "(3, 11) <= sys.version_info < (3, 14)" in (ROOT / "Makefile").read_text()


def test_conda_takes_its_versions_from_the_lock_alone():
    plain = [d for d in CONDA["dependencies"] if isinstance(d, str)]
    assert [re.split(r"[<>=]", d)[0] for d in plain] == ["python", "pip"]
    (pip,) = [d["pip"] for d in CONDA["dependencies"] if isinstance(d, dict)]
    assert pip == ["-r requirements.lock"]


def test_this_environment_is_the_locked_one():
    from mnistlib.ground.machine import installed
    from mnistlib.study.doctor import pins as pins_here

    if Path(sys.prefix).resolve() != ROOT / ".venv":
        pytest.skip("these tests do not run in the environment that make builds")
    locked = pins_here(LOCK)
    assert {name: installed(name) for name in locked} == locked


def test_every_module_that_is_imported_is_stated():
    """A package that comes with another one only may be gone tomorrow."""
    stated_names = {canonicalize_name(r.name) for r in stated()}
    packages = {"sklearn": "scikit-learn", "yaml": "pyyaml"}
    packages |= {"sphinxcontrib": "sphinxcontrib-bibtex", "PIL": "pillow"}
    packages |= {"cv2": "opencv-python-headless", "google": "protobuf"}
    for path in sorted((ROOT / "mnistlib").rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        modules = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
        modules |= {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
        for module in {name.partition(".")[0] for name in modules}:
            if module in sys.stdlib_module_names or module == "mnistlib":
                continue
            name = canonicalize_name(packages.get(module, module))
            assert name in stated_names, f"{path.name} imports {module}"
