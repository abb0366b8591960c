"""Parameter values written as text."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mnistlib.ground.errors import ParameterError
from mnistlib.study.values import parse, parse_overrides


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("1_000", 1000),
        ("1e-3", 0.001),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("None", None),
        ("", None),
        ("adam", "adam"),
        # Traps of YAML 1.1: a boolean, an octal number, a date, a number of base 60.
        ("yes", "yes"),
        ("010", "010"),
        ("2024-01-01", "2024-01-01"),
        ("12:30", "12:30"),
        ("'3'", "3"),
        ("[0, 1e-2, adam, null]", [0, 0.01, "adam", None]),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_a_value_means_what_it_means_in_python_and_json(text, value):
    read = parse(text)
    assert read == value
    assert type(read) is type(value)


def test_a_key_that_stands_twice_is_an_error():
    with pytest.raises(yaml.YAMLError, match="the key 'a' stands twice"):
        parse("a: 1\nb: 2\na: 3")


def test_assignments_may_hold_spaces_inside_a_list():
    assert parse_overrides("epochs=3 seeds=[0, 1]  02_optimizers.rate=1e-3") == {
        "epochs": 3,
        "seeds": [0, 1],
        "02_optimizers.rate": 0.001,
    }
    assert parse_overrides(" ") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs", "must be written name=value"),
        ("3 epochs=2", "must be written name=value"),
        ("a=1 a=2", "Received: a= twice"),
        ("seeds=[0,", "Received: seeds='[0,'"),
        ("n=" + "9" * 5000, "999… (str)"),
        ("n=" + "[" * 3000, "[[[… (str)"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(text, message):
    with pytest.raises(ParameterError) as caught:
        parse_overrides(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.from_regex(r"[a-z]{1,8}", fullmatch=True).filter(
        lambda word: word not in ("null", "true", "false")
    )
)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,6}", fullmatch=True), _SCALARS | st.lists(_SCALARS)
    )
)
def test_json_values_come_back_as_they_were(parameters):
    text = " ".join(f"{name}={json.dumps(value)}" for name, value in parameters.items())
    assert parse_overrides(text) == parameters
