"""What the layers of a CNN do to a digit."""

import numpy as np
import pytest

from mnistlib.ground.errors import StudyError
from mnistlib.show import operations


@pytest.fixture
def digit(digits) -> np.ndarray:
    return digits.x_train[0] / 255


def test_full_padding_adds_one_pixel_less_than_the_kernel_has():
    assert [operations.padding(mode, 5) for mode in operations.PADDINGS] == [0, 2, 4]


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("mode", operations.PADDINGS)
def test_the_formula_gives_the_side_that_is_computed(digit, mode, k):
    response = operations.convolve(digit, np.ones((k, k)), mode)
    side = len(digit) - k + 1 + 2 * operations.padding(mode, k)
    assert response.shape == (side, side)


def test_a_response_is_the_sum_of_products_without_a_flip(digit):
    response = operations.convolve(digit, operations.EDGES)
    assert response[9, 12] == pytest.approx(
        (digit[9:12, 12:15] * operations.EDGES).sum(), abs=1e-12
    )


def test_pooling_keeps_the_largest_of_each_block_and_drops_the_rest():
    assert operations.max_pool(np.arange(25).reshape(5, 5), 2).tolist() == [
        [6, 8],
        [16, 18],
    ]


def test_five_maps_of_five_by_five_are_a_vector_of_125(digit):
    maps = operations.pooled_maps(digit)
    assert maps.shape == (5, 5, 5)
    assert maps.max() > 0


def test_the_figures_name_the_sizes(digit):
    figure = operations.padding_figure(digit)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles[1:] == [
        "valid: p = 0\n26 × 26",
        "same: p = 1\n28 × 28",
        "full: p = 2\n30 × 30",
    ]
    figure = operations.convolution_figure(digit)
    assert figure.axes[-1].get_title() == "after max pooling\n13 × 13"
    figure = operations.flatten_figure(digit)
    assert [ax.get_title() for ax in figure.axes[-2:]] == [
        "flattened: 1 × 125",
        "dense, before training: 1 × 10",
    ]


def test_an_unknown_padding_is_refused():
    with pytest.raises(StudyError) as caught:
        operations.padding("half", 3)
    assert str(caught.value) == (
        "mode must be one of valid, same, full. Received: mode='half' (str)"
    )


def test_a_dense_layer_sums_the_whole_vector():
    one = np.zeros(125)
    one[7] = 1
    assert operations.dense(2 * one) == pytest.approx(2 * operations.dense(one))
    assert len(operations.dense(one, units=3)) == 3
