"""Networks drawn from the table of their layers."""

import pandas as pd

from mnistlib.models.facts import network_layers
from mnistlib.show.schematics import blocks, draw_network


def test_layers_without_a_shape_of_their_own_join_the_one_before():
    table = blocks(network_layers("sayee_cnn"))
    assert table["kinds"].str[0].tolist() == [
        "input", "Conv2D", "Conv2D", "MaxPooling2D", "Conv2D", "Conv2D", "MaxPooling2D",
        "Flatten", "Dense", "Dense",
    ]  # fmt: skip
    assert table.at[1, "kinds"] == ("Conv2D", "BatchNormalization", "ReLU")
    assert table.at[1, "parameters"] == 288 + 128
    assert table["parameters"].sum() == 468_778
    assert table.at[3, "shape"] == (14, 14, 32)


def test_a_picture_has_a_volume_a_block_with_its_shape_and_its_words():
    figure = draw_network(network_layers("base_cnn"))
    (ax,) = figure.axes
    assert len(ax.patches) == 3 * 6  # front, lid and side of each
    words = [text.get_text() for text in ax.texts]
    assert words.count("convolution") == 1
    assert "26×26×32" in words
    assert "5408" in words
    figure.draw_without_rendering()


def test_a_layer_that_has_no_other_name_keeps_its_own():
    layers = pd.DataFrame(
        {"layer": ["x"], "kind": ["Lambda"], "output shape": [(4,)], "parameters": [0]}
    )
    assert "Lambda" in [t.get_text() for t in draw_network(layers).axes[0].texts]
