"""What memory is left: control groups of both versions, as folders of our own."""

import psutil
import pytest

from mnistlib.ground import memory

NAMES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    2: ("memory.max", "memory.current", "inactive_file"),
}


@pytest.fixture(params=[1, 2])
def group(request, tmp_path, monkeypatch):
    """Make control groups of one version; this process is in /a/b."""
    version = request.param
    lines = {1: "5:cpu,memory:/a/b\n1:pids:/elsewhere\n", 2: "0::/a/b\n"}
    (tmp_path / "cgroup").write_text(lines[version])
    top = tmp_path / "groups"
    monkeypatch.setattr(memory, "_OWN_CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_CGROUPS", top)

    def make(name, limit, used, cache=None):
        folder = (top / "memory" if version == 1 else top) / name
        folder.mkdir(parents=True, exist_ok=True)
        limit_file, used_file, field = NAMES[version]
        (folder / limit_file).write_text(f"{limit}\n")
        (folder / used_file).write_text(f"{used}\n")
        if cache is not None:
            stat = f"anon 7\n{field} {cache}\nactive_file 5\n"
            (folder / "memory.stat").write_text(stat)

    return make


def test_pages_of_files_count_as_free(group):
    group("a/b", 1000, 900, cache=700)
    assert memory.available_bytes() == 800


def test_a_limit_counts_without_its_statistics(group):
    group("a/b", 1000, 400)
    assert memory.available_bytes() == 600


def test_the_narrowest_group_from_this_one_up_counts(group):
    group("a/b", "max", 500, cache=0)
    group("a", 10_000, 9_000, cache=100)
    group("", 20_000, 9_000, cache=0)
    group("other", 10, 10, cache=0)
    assert memory.available_bytes() == 1_100


def test_more_used_than_allowed_leaves_nothing(group):
    group("a/b", 1000, 2000, cache=1)
    assert memory.available_bytes() == 0


@pytest.mark.parametrize("limit", ["max", 2**63 - 4096, "nonsense"])
def test_without_a_limit_the_system_is_asked(group, limit, monkeypatch):
    class Answer:
        available = 12_345_678

    monkeypatch.setattr(psutil, "virtual_memory", lambda: Answer)
    group("a/b", limit, 500, cache=0)
    assert memory.available_bytes() == 12_345_678


def test_without_control_groups_the_system_is_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_OWN_CGROUPS", tmp_path / "none")
    assert memory.available_bytes() > 1e6
