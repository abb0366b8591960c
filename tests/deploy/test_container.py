"""The container's recipe, as far as it can be tried without building it."""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from mnistlib.deploy.export import Judge, export
from mnistlib.deploy.sources import of_system

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "Containerfile").read_text()
# Those that the service names; the container also has what these need.
DIRECT = (
    "click fastapi jinja2 numpy onnxruntime opencv-python-headless pillow protobuf "
    "psutil pydantic uvicorn"
)


def instructions(word: str) -> list[str]:
    joined = RECIPE.replace("\\\n", " ")
    return re.findall(rf"^(?:HEALTHCHECK .*)?{word} (.*)$", joined, re.MULTILINE)


def packages() -> list[str]:
    return re.search(r"for package in\s+(.*?);", instructions("RUN")[0], re.DOTALL)[
        1
    ].split()


def needed(name: str, seen: set[str]) -> set[str]:
    """Return a distribution and all that it needs, by the names of the lock."""
    name = name.lower().replace("_", "-")
    if name not in seen:
        seen.add(name)
        for text in metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                needed(requirement.name, seen)
    return seen


def test_one_file_says_what_is_left_out():
    """Docker reads .dockerignore; Podman too, where there is no .containerignore."""
    assert (ROOT / ".dockerignore").is_file()
    for other in (".containerignore", "Containerfile.dockerignore"):
        assert not (ROOT / other).exists()


def test_what_is_copied_is_there():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    for line in instructions("COPY"):
        source = line.split()[0]
        assert f"!{source}" in ignored
        # What is generated is made by a command at the recipe's head.
        assert (ROOT / source).exists() or source == "_build/export"
    assert "#   mnistlib export --system accurate\n" in RECIPE


def test_the_packages_are_pinned_whole_and_without_a_backend():
    seen: set[str] = set()
    for name in DIRECT.split():
        needed(name, seen)
    assert packages() == sorted(seen)
    lock = (ROOT / "requirements.lock").read_text()
    for name in packages():
        block = re.search(rf"^{re.escape(name)}==.*?# via", lock, re.MULTILINE | re.DOTALL)
        assert "--hash=sha256:" in block[0], name
        # The recipe's `sed` would take another package's lines as well.
        assert len(re.findall(r"^\S+==", block[0], re.MULTILINE)) == 1
    assert not {"tensorflow", "keras", "jupyter-book", "pandas"} & set(packages())


def test_nobody_runs_it_as_root():
    after_user = RECIPE[RECIPE.index("USER ") :]
    assert after_user.startswith("USER reader\n")
    assert "USER" not in after_user.removeprefix("USER reader\n")


@pytest.mark.slow
def test_its_command_serves_with_its_packages_alone(tmp_path, digits):
    """As in the container: its folders, no packages but its own, and its health check."""
    judge = Judge(of_system("accurate"), digits)
    export(judge, "onnx", "float32", tmp_path / "model")
    (tmp_path / "mnistlib").symlink_to(ROOT / "mnistlib")
    command, health = (json.loads(line) for line in instructions("CMD")[::-1])
    port = command.index("--port") + 1
    command[port], command[command.index("--host") + 1] = "0", "127.0.0.1"
    code = f"""
import runpy, sys
from importlib import metadata
homes = metadata.packages_distributions()
allowed = {set(packages())!r}
class OnlyThese:
    def find_spec(self, name, path=None, target=None):
        owners = homes.get(name.split(".")[0], [])
        if owners and not allowed & {{one.lower().replace("_", "-") for one in owners}}:
            if owners != ["mnistlib"]:
                raise ModuleNotFoundError(f"not in the container: {{name}}", name=name)
sys.meta_path.insert(0, OnlyThese())
sys.argv = {command[2:]!r}
runpy.run_module({command[2]!r}, run_name="__main__")
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
        assert address, process.stderr.read()
        version = httpx.get(f"{address[0]}/version").json()
        assert version["model"]["network"] == "accurate"
        check = health[2].replace("http://127.0.0.1:8000", address[0])
        assert check != health[2]
        assert subprocess.run([sys.executable, "-c", check]).returncode == 0
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert subprocess.run([sys.executable, "-c", check], capture_output=True).returncode
