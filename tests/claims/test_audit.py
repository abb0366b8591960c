"""The audit: each entry's numbers follow from the registry and from MNIST's counts."""

import re

import numpy as np
import pytest

from mnistlib import data
from mnistlib.claims.audit import (
    TEST_COUNTS,
    TRAIN_COUNTS,
    accuracy_allowed,
    artefacts,
    audit,
)


@pytest.fixture(scope="module")
def entries():
    return audit().set_index("id")


def test_each_paper_is_audited(entries):
    counts = entries.groupby("paper", sort=False).size().to_dict()
    assert counts == {
        "ahmareen2024": 11, "raj2024": 11, "sayee2025": 11, "raut": 6, "asher": 7,
    }  # fmt: skip
    assert entries.index.is_unique
    assert entries["stands"].str.len().min() > 0
    kinds = {"numbers", "data", "specification", "evidence", "text"}
    assert set(entries["kind"]) == kinds
    assert not entries.map(lambda text: bool(re.search(r"[{}]", text))).to_numpy().any()


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ("AHM-X2", "8 of 10,000 images, p = 0.62"),
        ("AHM-X5", "three convolutions in two pooling stages give 159,254"),
        ("AHM-X6", "5,421 to 6,742 training and 892 to 1,135 test"),
        ("RAJ-X2", "81,066, 592,074, 184,586 and 23,060"),
        ("SAY-X1", "28 and 93 errors of 10,000"),
        ("SAY-X5", "p = 0.28, in the other direction"),
        ("RAU-X1", "In 6 of ten classes"),
        ("RAU-X2", "98.77 to 99.48 %. 98.4 % is 160 errors; the report allows 123"),
        ("ASH-X1", "98.38 to 99.18 %"),
    ],
)
def test_what_follows(entries, entry, part):
    assert part in entries.at[entry, "follows"]


def test_the_accuracy_that_rounded_recalls_allow():
    # Of 10 images, 5 to 6 right round to .5 or .6: .55 may be rounded either way.
    assert accuracy_allowed([0.5, 1.0], [10, 3], digits=1) == (8, 8)
    assert accuracy_allowed([0.55], [100]) == (55, 55)
    assert accuracy_allowed([0.99], [1000]) == (985, 995)


def test_the_counts_are_mnists(real_mnist):
    images = data.load("mnist", real_mnist)
    assert tuple(np.bincount(images.y_train)) == TRAIN_COUNTS
    assert tuple(np.bincount(images.y_test)) == TEST_COUNTS


def test_every_figure_has_a_place_or_a_reason():
    table = artefacts()
    assert table["id"].is_unique
    assert (table["notebook"].ne("") ^ table["instead"].ne("")).all()
    assert len(table) == 47
