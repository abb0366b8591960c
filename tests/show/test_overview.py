"""The picture of the front page: what is drawn where."""

import numpy as np
import pandas as pd
import pytest

from mnistlib.show.overview import overview

NAN = float("nan")


def rows(**changes) -> pd.DataFrame:
    row = {
        "paper": "raj2024",
        "system": "CNN",
        "printed": 98.0,
        "printed_low": 97.7,
        "printed_high": 98.25,
        "ours": 97.0,
        "low": 96.5,
        "high": 97.5,
        "image_low": NAN,
        "image_high": NAN,
        "one_low": NAN,
        "one_high": NAN,
    }
    return pd.DataFrame([row | changes])


def spans(figure) -> list[list[float]]:
    """Return the ends of every horizontal bar, as errors in percent."""
    lines = [line.get_xdata() for line in figure.axes[0].lines]
    return [np.round(np.sort(x), 6).tolist() for x in lines if len(x) == 2]


def points(figure) -> list[float]:
    lines = figure.axes[0].lines
    return [float(np.ravel(x)[0]) for x in (ln.get_xdata() for ln in lines) if len(x) == 1]


def words(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_accuracies_are_drawn_as_errors():
    figure = overview(rows())
    assert points(figure) == pytest.approx([2.0, 3.0])
    assert spans(figure) == [[2.5, 3.5], [1.75, 2.3]]
    assert figure.axes[0].get_xscale() == "log"


def test_a_system_of_our_own_has_no_diamond():
    printed = dict.fromkeys(("printed", "printed_low", "printed_high"), NAN)
    figure = overview(pd.concat([rows(), rows(**printed, paper="this study", ours=99.0)]))
    assert points(figure) == pytest.approx([2.0, 3.0, 1.0])
    assert "this study" in words(figure)


def test_an_interval_that_is_not_known_is_not_drawn():
    assert spans(overview(rows(low=NAN, high=NAN))) == [[1.75, 2.3]]
    known = {"image_low": 96.6, "image_high": 97.3}
    known |= {"one_low": 95.0, "one_high": 99.0}
    figure = overview(rows(**known))
    assert spans(figure) == [[1.0, 5.0], [2.5, 3.5], [2.7, 3.4], [1.75, 2.3]]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "95 % for one more run" in legend


def test_systems_stand_under_their_paper():
    table = pd.concat(
        [rows(), rows(paper="asher", system="3-NN"), rows(system="ANN")], ignore_index=True
    )
    assert words(overview(table)) == ["raj2024", "CNN", "ANN", "asher", "3-NN"]


def test_no_error_at_all_stands_at_the_edge():
    """Student's interval does not know that an accuracy ends at 100 %."""
    figure = overview(rows(ours=100.0, low=99.5, high=100.5))
    left = figure.axes[0].get_xlim()[0]
    assert left > 0
    assert min(points(figure)) == left
    assert min(min(ends) for ends in spans(figure)) == left


def test_the_picture_is_narrow_enough_for_a_phone():
    figure = overview(rows())
    sizes = [text.get_fontsize() for text in figure.axes[0].texts]
    # Shown 358 pixels wide, its words are not smaller than 9 of them.
    assert min(sizes) / 72 * 358 / figure.get_figwidth() > 8.5


def test_the_style_of_other_figures_is_left_alone():
    import matplotlib as mpl

    before = mpl.rcParams["axes.edgecolor"]
    overview(rows())
    assert mpl.rcParams["axes.edgecolor"] == before
