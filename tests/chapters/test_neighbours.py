"""Duplicates and neighbours, by hand and by brute force; maps of the digits."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.eda import digit_maps, findings, neighbours
from mnistlib.chapters.eda import figures as eda_figures
from mnistlib.stats.neighbours import nearest_of


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)


def by_brute_force(queries, gallery):
    difference = queries[:, None].astype(float) - gallery[None]
    return np.sqrt((difference**2).sum(axis=(2, 3))) / 255


def test_the_nearest_few_agree_with_brute_force(noise):
    queries, gallery = noise[:5], noise[5:]
    expected = by_brute_force(queries, gallery).argsort(axis=1)
    assert nearest_of(queries, gallery, 7).tolist() == expected[:, :7].tolist()
    assert nearest_of(queries, gallery[:3], 7).shape == (5, 3)


@pytest.mark.parametrize("chunk", [7, 500])
def test_nearest_agrees_with_brute_force(noise, chunk):
    queries, gallery = noise[:15], noise[15:]
    found = neighbours.nearest(queries, gallery, chunk=chunk)
    expected = by_brute_force(queries, gallery)
    assert found.index.tolist() == expected.argmin(axis=1).tolist()
    assert found.distance == pytest.approx(expected.min(axis=1))


def test_an_image_is_not_its_own_neighbour(noise):
    images = np.concatenate([noise[:5], noise[2:3]])
    found = neighbours.nearest(images, images, is_same=True, chunk=4)
    assert (found.index != np.arange(6)).all()
    assert found.index[[2, 5]].tolist() == [5, 2]
    assert found.distance[[2, 5]].tolist() == [0, 0]
    assert (found.distance[[0, 1, 3, 4]] > 1).all()


def test_half_a_pixel_by_hand():
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 10, 10] = 255  # moved by one pixel: two pixels differ, wherever it goes
    images[1, 5:25, 10] = 255  # moved along itself: only its ends differ
    assert neighbours.half_pixel(images) == pytest.approx([np.sqrt(2) / 2] * 2)
    images[1, :, 11] = 255
    assert neighbours.half_pixel(images[1:])[0] > np.sqrt(2) / 2


def test_half_a_pixel_is_linear_interpolation(noise):
    padded = np.pad(noise, ((0, 0), (1, 1), (1, 1))).astype(float)
    moved = (padded[:, 1:-1, 1:-1] + padded[:, 1:-1, 2:]) / 2
    least = np.sqrt(((noise - moved) ** 2).sum(axis=(1, 2))) / 255
    assert (neighbours.half_pixel(noise) <= least + 1e-12).all()


def test_exact_duplicates_are_counted_within_and_between(digits):
    x_train, x_test = digits.x_train[:6].copy(), digits.x_test[:4].copy()
    x_train[5] = x_train[0]
    x_test[1] = x_train[3]
    table = neighbours.exact_duplicates(replace(digits, x_train=x_train, x_test=x_test))
    table = table.set_index("part")
    assert table.loc["training"].tolist() == [6, 5, 2]
    assert table.loc["test"].tolist() == [4, 4, 0]
    assert table.loc["both together"].tolist() == [10, 8, 4]


def test_search_finds_a_planted_neighbour(digits):
    x_test = digits.x_test.copy()
    x_test[7] = digits.x_train[11]
    x_test[7, 14, 14] ^= 1
    found = neighbours.search(replace(digits, x_test=x_test), 10_000, seed=0)
    assert found["part"].value_counts().to_dict() == {"train": 1437, "test": 360}
    row = found[(found["part"] == "test") & (found["row"] == 7)].iloc[0]
    assert (row["nearest_row"], row["is_near"]) == (11, True)
    assert row["distance"] == pytest.approx(1 / 255)
    assert row["nearest_label"] == digits.y_train[11]
    train = found[found["part"] == "train"]
    assert (train["row"] != train["nearest_row"]).all()


def test_search_draws_from_each_part_by_seed(digits):
    found = neighbours.search(digits, 50, seed=1)
    assert len(found) == 100
    gallery = set(found.loc[found["part"] == "train", "row"])
    assert set(found["nearest_row"]) <= gallery
    assert found.equals(neighbours.search(digits, 50, seed=1))
    assert not found["row"].equals(neighbours.search(digits, 50, seed=2)["row"])


@pytest.fixture
def found():
    return pd.DataFrame(
        {
            "part": ["test"] * 4 + ["train"] * 2,
            "row": [0, 1, 2, 3, 0, 1],
            "label": [1, 1, 2, 3, 4, 4],
            "nearest_row": [1, 0, 0, 0, 1, 0],
            "nearest_label": [1, 2, 2, 3, 4, 4],
            "distance": [3.0, 1.0, 1.0, 1.0, 2.0, 2.0],
            "half_pixel": [1.0, 2.0, 2.0, 0.5, 3.0, 1.0],
        }
    ).assign(is_near=lambda frame: frame["distance"] < frame["half_pixel"])


def test_the_search_is_summarised_by_part(found):
    table = neighbours.summarise_search(found).set_index("part")
    assert table.index.tolist() == ["test", "train"]
    assert table.loc["test"].tolist() == [4, 1.0, 1.0, 0.75, 2, 0.5]
    assert table.loc["train"].tolist() == [2, 2.0, 2.0, 1.0, 1, 0.5]


def test_closest_pairs_are_in_order(found):
    same = neighbours.closest_pairs(found, 2, same_label=True)
    assert same["row"].tolist() == [2, 3]
    assert neighbours.closest_pairs(found, 9, same_label=False)["row"].tolist() == [1]
    assert neighbours.closest_pairs(found, 9, True, part="train")["row"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("test", "train", "words"),
    [
        (41, 75, "fits parts that share no writers, and not a leak (p = 0.002,"),
        (75, 41, "taken from the training images' sheets (p = 0.002,"),
        (41, 45, "no difference beyond chance (p = 0.666,"),
    ],
)
def test_words_on_near_duplicates_look_at_the_tail(found, test, train, words):
    """The median is the same in all three cases, and lower for test images."""
    table = neighbours.summarise_search(found)
    table = table.assign(images=10_000, near=[test, train])
    table["near_share"] = table["near"] / 10_000
    pairs = findings.near_duplicates(table)
    text = findings.say("leak", **pairs)
    near = findings.say("near", **pairs)
    assert words in text
    assert f"test images searched, {test} are near-duplicates ({test / 100:.2f}" in near
    assert "the median distances, 1.00 and 2.00, could not show it" in text


def test_pairs_are_drawn_image_by_image(found, digits):
    figure = eda_figures.pair_grid(found.head(3), digits.x_test, digits.x_train)
    assert [ax.get_title() for ax in figure.axes] == ["1", "1", "2", "1", "2", "2"]
    shown = figure.axes[4].images[0].get_array()
    assert np.array_equal(shown, digits.x_train[found.at[1, "nearest_row"]])


def test_principal_components_reach_the_whole_variance(digits):
    rows = np.array([5, 9])
    shares, places = digit_maps.principal_components(digits.x_train, rows, 3)
    assert shares.sum() == pytest.approx(1, abs=1e-4)
    assert (np.diff(shares) <= 0).all()
    assert places.shape == (2, 3)
    x = digits.x_train.reshape(1437, -1) / 255
    centred = x - x.mean(axis=0)
    _, s, components = np.linalg.svd(centred, full_matrices=False)
    assert shares[:3] == pytest.approx(s[:3] ** 2 / (s**2).sum(), rel=1e-3)
    assert np.abs(places) == pytest.approx(
        np.abs(centred[rows] @ components[:3].T), abs=1e-2
    )


def test_components_are_counted_to_a_share():
    shares = np.array([0.5, 0.3, 0.2])
    counted = [digit_maps.components_for(shares, s) for s in (0.4, 0.5, 0.51, 0.8, 1.0)]
    assert counted == [1, 1, 2, 2, 3]


def test_the_map_keeps_neighbours_and_repeats():
    draw = np.random.default_rng(0)
    groups = np.repeat([0, 1], 40)
    points = draw.normal(size=(80, 5)) + 20 * groups[:, None]
    places = digit_maps.neighbour_map(points, seed=3)
    assert places.shape == (80, 2)
    centres = [places[groups == group].mean(axis=0) for group in (0, 1)]
    nearer = np.linalg.norm(places - centres[0], axis=1) > np.linalg.norm(
        places - centres[1], axis=1
    )
    assert (nearer == groups.astype(bool)).all()
    assert np.array_equal(places, digit_maps.neighbour_map(points, seed=3))
    figure = eda_figures.maps({"t-SNE": places}, groups)
    assert [text.get_text() for text in figure.axes[0].texts] == ["0", "1"]
