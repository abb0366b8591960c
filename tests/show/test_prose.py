"""Sentences from templates: blocks, facts, formats, and what is lacking."""

import pytest

from mnistlib.ground.errors import StudyError
from mnistlib.show.prose import say


@pytest.fixture
def beside(tmp_path):
    (tmp_path / "findings.md.j2").write_text(
        "{% block gap %}\n"
        "{{ n | number_of('seed') }}: {{ gain | points }} points,\n"
        "{% if p < 0.05 %}\n{{ p | p }}{% else %}\nno difference{% endif %}.\n"
        "{% endblock %}\n"
        "{% block other %}{{ names | listed }}{% endblock %}\n"
        "{% block end %}\nthere are\n{{ n }}. More.\n{% endblock %}\n"
    )
    return str(tmp_path / "findings.py")


def test_a_block_is_one_finding(beside):
    said = say(beside, "gap", n=3, gain=-0.0052, p=0.01)
    assert said == "3 seeds: −0.52 points,\np = 0.010."
    assert say(beside, "gap", n=1, gain=0.1, p=0.5).endswith("no difference.")
    assert say(beside, "other", names=[1, 3, 7]) == "1, 3 and 7"


def test_an_unknown_block_and_a_missing_fact_are_told(beside):
    with pytest.raises(StudyError, match=r"block of findings.md.j2 \(gap, other, end\)"):
        say(beside, "nothing")
    with pytest.raises(StudyError, match="needs a fact that was not given"):
        say(beside, "gap", n=3)


def test_a_number_at_the_end_of_a_sentence_begins_no_list(beside):
    assert say(beside, "end", n=5) == "there are 5. More."
