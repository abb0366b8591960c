"""Results of the bench are read from their folder; what is missing is told in a line."""

import pytest

from mnistlib.ground.errors import StudyError
from mnistlib.show.measured import measured


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty project's folder of results."""
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path))
    folder = tmp_path / "bench" / "results"
    folder.mkdir(parents=True)
    return folder


def test_a_part_is_read_from_the_projects_folder(folder, tmp_path):
    (folder / "growth.json").write_text('{"found": 1}')
    assert measured("growth") == {"found": 1}
    (tmp_path / "growth.json").write_text('{"found": 2}')
    assert measured("growth", ".") == {"found": 2}
    assert measured("growth", str(tmp_path)) == {"found": 2}


@pytest.mark.parametrize(
    ("text", "why"), [(None, "missing"), ("{", "Expecting"), (b"\xff", "codec")]
)
def test_what_cannot_be_read_is_told_in_a_line(folder, text, why):
    if text is not None:
        (folder / "growth.json").write_bytes(text.encode() if text == "{" else text)
    match = rf"Received: bench/results/growth.json \(.*{why}.*`python -m bench growth`"
    with pytest.raises(StudyError, match=match) as caught:
        measured("growth")
    assert "\n" not in str(caught.value)
