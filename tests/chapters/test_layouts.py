"""The search for networks with a printed number of parameters."""

import pandas as pd
import pytest

from mnistlib.chapters.complex_cnn import findings, layouts
from mnistlib.claims import reported
from mnistlib.ground import backend


@pytest.fixture(scope="module")
def found():
    return layouts.search(reported("AHM-09"))


def test_layouts_are_all_choices_of_pooling():
    assert layouts.layouts(2) == ["C", "CP", "CC", "CCP", "CPC", "CPCP"]
    assert len(layouts.layouts(4)) == 2 + 4 + 8 + 16


def test_convolutional_part_by_hand():
    # conv1 9 * 32 + 32, conv2 9 * 32 * 64 + 64; 28 -> 26 -> 13 -> 13 -> 6
    parameters, flatten = layouts.convolutional_part("CPCP", 3, ("valid", "same"), (32, 64))
    assert parameters == 320 + 18_496
    assert flatten == 6 * 6 * 64


def test_an_image_can_be_used_up():
    assert layouts.convolutional_part("CPCPCP", 7, ("valid",) * 3, (32, 64)) is None
    assert layouts.convolutional_part("CPCPCP", 7, ("same",) * 3, (32, 64)) is not None


def test_the_arithmetic_is_that_of_keras():
    backend.configure()
    from keras import Input, Sequential
    from keras.layers import Conv2D, Flatten, MaxPooling2D

    paddings = ("same", "valid", "same")
    model = Sequential(
        [
            Input((28, 28, 1)),
            Conv2D(5, 4, padding=paddings[0]),
            MaxPooling2D(),
            Conv2D(6, 4, padding=paddings[1]),
            Conv2D(6, 4, padding=paddings[2]),
            MaxPooling2D(),
            Flatten(),
        ]
    )
    found = layouts.convolutional_part("CPCCP", 4, paddings, (5, 6))
    assert found == (model.count_params(), model.output_shape[1])


def test_the_printed_number_needs_three_convolutions(found):
    hits, tried = found
    assert list(tried["convolutions"]) == [1, 2, 3, 4]
    assert list(tried["hits"]) == [0, 0, len(hits), 0]
    assert set(zip(hits["layout"], hits["paddings"], strict=True)) == {
        ("CPCCP", ("valid", "valid", "valid")),
        ("CPCPC", ("valid", "same", "valid")),
        ("CPCPC", ("same", "valid", "valid")),
        ("CPCPCP", ("valid", "valid", "valid")),
    }
    assert (hits["kernel"] == 3).all()


def test_every_hit_has_the_number(found):
    for row in found[0].to_dict("records"):
        of_convolutions, flatten = layouts.convolutional_part(
            row["layout"], row["kernel"], row["paddings"]
        )
        units = row["hidden_units"]
        total = of_convolutions + (flatten + 1) * units + (units + 1) * 10
        assert (flatten, total) == (row["flatten"], reported("AHM-09"))


def say(hits, tried, parameters=159_254):
    return findings.say("search", **findings.search_facts(hits, tried, parameters))


def test_finding_names_the_one_plain_network(found):
    text = say(*found)
    assert "4 have exactly 159,254 parameters, with 3 convolutions" in text
    assert "**C – P – C – C – P**" in text
    assert "1,024 values after the flatten and 100 hidden units" in text


def test_finding_does_not_decide_between_two_or_none(found):
    hits, tried = found
    twice = pd.concat([hits, hits.iloc[[0]]])
    assert "2 of them have" in say(twice, tried)
    assert "0 of them have" in say(hits.iloc[1:3], tried)
    assert "does not decide" in say(hits.iloc[1:3], tried)
    assert "1 has exactly" in say(hits.iloc[:1], tried)


def test_finding_says_when_nothing_fits():
    hits, tried = layouts.search(7)
    assert (tried["hits"] == 0).all()
    total = f"{tried['candidates'].sum():,}"
    assert say(hits, tried, 7) == f"None of the {total} networks has 7 parameters."
