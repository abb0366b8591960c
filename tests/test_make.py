"""The Makefile: what it hands to the command line, and an environment that knows its place.

`uv` is replaced by a script that makes an environment of two commands, at once (or after
``UV_SECONDS``).
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Its `mnistlib` prints where it was made and what it is given, a line each.
UV = r"""#!/bin/sh
if [ "$1" = venv ]; then
  for folder; do :; done
  sleep "${UV_SECONDS:-0}"
  echo made >> made
  mkdir -p "$folder/bin"
  ln -s "$(command -v python3)" "$folder/bin/python"
  printf '#!/bin/sh\nprintf "%%s\\n" "of %s" "$@"\n' "$PWD" > "$folder/bin/mnistlib"
  chmod +x "$folder/bin/mnistlib"
fi
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


@pytest.fixture
def clone(tmp_path) -> Path:
    """A folder with what `make` needs of a clone."""
    return new_clone(tmp_path)


@pytest.fixture(scope="module")
def used(tmp_path_factory) -> Path:
    """A clone that has its environment, for the tests that leave it as it was."""
    folder = new_clone(tmp_path_factory.mktemp("used"))
    make(folder, "doctor")
    return folder


def new_clone(tmp_path: Path) -> Path:
    folder = tmp_path / "a clone"
    (folder / ".ci").mkdir(parents=True)
    for name in ("Makefile", ".ci/make_env", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").write_text(UV)
    (tmp_path / "bin" / "uv").chmod(0o755)
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run make as a person would, not as the make does that may have started us."""
    ours = ("MAKE", "MFLAGS", "PROFILE", "DATASET", "NOTEBOOK", "PARAMS", "WORKERS")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    environment.pop("PUBLISH", None)
    environment["PYTHON"] = sys.executable  # looking for one takes a second
    environment["PATH"] = f"{folder.parent / 'bin'}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("how", ["copied", "moved"])
def test_an_environment_in_another_place_is_made_again(clone, how):
    assert make(clone, "doctor").stdout.splitlines()[-2:] == [f"of {clone}", "doctor"]
    assert make(clone, "doctor").stdout.splitlines() == [f"of {clone}", "doctor"]
    other = clone.with_name("other")
    if how == "copied":
        shutil.copytree(clone, other, symlinks=True, copy_function=shutil.copy2)
    else:
        clone.rename(other)
    said = make(other, "doctor").stdout.splitlines()
    assert said == [
        ".venv was made in another place (the folder was copied or moved): making it again",
        "installing the pinned requirements into .venv",
        f"of {other}",
        "doctor",
    ]
    assert make(other, "doctor").stdout.splitlines() == [f"of {other}", "doctor"]
    if how == "copied":
        assert make(clone, "doctor").stdout.splitlines() == [f"of {clone}", "doctor"]


@pytest.mark.parametrize(
    ("value", "published"),
    [
        ("1", True),
        ("yes", True),
        ("true", True),
        ("0", False),
        ("no", False),
        ("false", False),
        ("", False),
    ],
)
def test_publish_says_yes_or_no(used, value, published):
    said = make(used, "study", f"PUBLISH={value}").stdout.splitlines()
    assert ("--publish" in said) == published
    assert "study" in said


def test_anything_else_to_publish_is_one_clear_line(used):
    done = make(used, "study", "PUBLISH=nein danke")
    assert done.returncode == 2
    assert f"of {used}" not in done.stdout
    assert done.stderr.splitlines()[0] == (
        "make: PUBLISH must be 1, yes, true, 0, no or false. Received: "
        "PUBLISH='nein danke'; leave it out to publish nothing"
    )


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("PROFILE=a b", ["--profile", "a b"]),
        ("PROFILE=a'b\"c", ["--profile", "a'b\"c"]),
        ("WORKERS=-1", ["--workers", "-1"]),
        ("DATASET=$(HOME)", ["--dataset", os.path.expanduser("~")]),
        ("PARAMS=seeds=[0, 1] a=`x`;*", ["--params", "seeds=[0, 1] a=`x`;*"]),
        ("NOTEBOOK=* -x", ["--", "*", "-x"]),
    ],
)
def test_a_variable_reaches_the_command_as_it_is(used, variable, words):
    said = make(used, "study", variable).stdout.splitlines()
    assert words in [said[i : i + len(words)] for i in range(len(said))]


def test_a_python_that_is_none_is_one_clear_line(clone):
    done = make(clone, "doctor", "PYTHON=/no such/python")
    assert done.returncode
    assert done.stderr.splitlines()[0] == (
        "make: required: Python 3.11, 3.12 or 3.13. Received: PYTHON='/no such/python'. "
        "Install one, or name it: make PYTHON=/path/to/python"
    )
    assert not (clone / ".venv").exists()


@pytest.mark.skipif(shutil.which("flock") is None, reason="needs flock")
def test_two_first_commands_at_once_make_one_environment(clone, monkeypatch):
    monkeypatch.setenv("UV_SECONDS", "1")
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: make(clone, "doctor"), range(2)))
    assert [one.returncode for one in done] == [0, 0], done
    assert [one.stdout.splitlines()[-2:] for one in done] == [[f"of {clone}", "doctor"]] * 2
    assert (clone / "made").read_text() == "made\n"
