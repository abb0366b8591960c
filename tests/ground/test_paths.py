"""Folders: names that people write, and machines without a home."""

import os
from pathlib import Path

import pytest

from mnistlib.ground import paths
from mnistlib.ground.notebook import without_folders


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    """A user whom the system does not know, without $HOME, as containers have them."""
    pwd = pytest.importorskip("pwd")

    def unknown(_):
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path))


def test_without_a_home_the_cache_is_in_the_project(homeless, tmp_path):
    assert paths.cache_dir() == tmp_path / "_build" / "cache"


def test_without_a_home_pages_are_cleaned_all_the_same(homeless, tmp_path):
    assert without_folders(f"~ {tmp_path}/x") == "~ ./x"


@pytest.mark.parametrize("home", ["", "relative"])
def test_a_home_that_is_none_changes_no_text(monkeypatch, home):
    monkeypatch.setenv("HOME", home)
    assert without_folders("a relative word. / ~") == "a relative word. / ~"


@pytest.mark.parametrize(
    ("written", "folder"),
    [
        ("~/data", "home/data"),
        ("data", "data"),
        ("data///", "data"),
        ("x/../data", "data"),
        ("link", "data"),
        ("dät en", "dät en"),
    ],
)
@pytest.mark.parametrize("variable", ["MNISTLIB_DATA", "MNISTLIB_RUNS", "MNISTLIB_ROOT"])
def test_variables_name_folders_alike(monkeypatch, tmp_path, variable, written, folder):
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv(variable, written)
    named = {
        "MNISTLIB_DATA": lambda: paths.data_dirs()[0],
        "MNISTLIB_RUNS": paths.store_dir,
        "MNISTLIB_ROOT": paths.root,
    }
    assert named[variable]() == Path(os.path.realpath(tmp_path)) / folder


@pytest.mark.parametrize("written", ["~nobody-of-this-name/x", "loop"])
def test_a_strange_name_raises_nothing_here(monkeypatch, tmp_path, written):
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNISTLIB_DATA", written)
    assert paths.data_dirs()[0].name in ("x", "loop")


def test_an_empty_variable_names_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("MNISTLIB_DATA", "")
    monkeypatch.setenv("MNISTLIB_RUNS", "")
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path))
    assert paths.data_dirs() == [paths.cache_dir()]
    assert paths.store_dir() == tmp_path / "_build" / "runs"
