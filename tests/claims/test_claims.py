"""The registry of claims: complete, consistent in itself, and what follows from it."""

import pytest

from mnistlib import claims
from mnistlib.stats import intervals

FRAME = claims.load_claims()


def test_all_claims_are_there():
    assert len(FRAME) == 72 and FRAME.index.is_unique
    assert FRAME["paper"].value_counts().to_dict() == {
        "ahmareen2024": 17,
        "raj2024": 14,
        "sayee2025": 14,
        "raut": 10,
        "asher": 17,
    }
    assert list(FRAME.columns) == claims.COLUMNS
    assert not FRAME.isna().to_numpy().any()


def test_terms_are_those_of_the_legend():
    assert set(FRAME["protocol"]) == {"test1", "testval", "val30", "train", "unk", "none"}
    assert set(FRAME["status_of_spec"]) == {
        "full",
        "arithmetic",
        "partial",
        "none",
        "data",
        "contradictory",
    }


def test_conflicts_are_other_claims_of_the_same_paper():
    for claim_id, row in FRAME.iterrows():
        for other in row["conflicts"]:
            assert other != claim_id
            assert claim_id in FRAME.at[other, "conflicts"], (claim_id, other)
            assert FRAME.at[other, "paper"] == row["paper"]


def test_every_system_is_described_once():
    systems = claims.systems()
    described = set(zip(systems["paper"], systems["system"], strict=True))
    assert described == set(zip(FRAME["paper"], FRAME["system"], strict=True))
    assert len(described) == len(systems)


def test_papers():
    papers = claims.papers()
    assert papers["key"].tolist() == list(dict.fromkeys(FRAME["paper"]))
    assert list(papers.columns) == ["key", "authors", "title", "year"]
    assert all(isinstance(value, str) for value in papers.to_numpy().ravel())


# Whose, claim, number of test images, errors, Wilson interval in percent: worked out from
# the papers' texts, apart from claims.yaml.
ERRORS = [
    ("AHM-01", 10_000, 204, 97.66, 98.22),
    ("AHM-03", 10_000, 173, 98.00, 98.51),
    ("AHM-05", 10_000, 135, 98.40, 98.86),
    ("AHM-07", 10_000, 127, 98.49, 98.93),
    ("AHM-11", 10_000, 76, 99.05, 99.39),
    ("RAJ-01", 10_000, 170, 98.03, 98.54),
    ("RAJ-02", 10_000, 164, 98.09, 98.59),
    ("RAJ-02", 42_000, 689, 98.23, 98.48),
    ("RAJ-11", 10_000, 230, 97.39, 97.98),
    ("RAJ-12", 10_000, 223, 97.46, 98.04),
    ("SAY-01", 10_000, 28, 99.60, 99.81),
    ("SAY-09", 10_000, 93, 98.86, 99.24),
    ("SAY-11", 10_000, 74, 99.07, 99.41),
    ("RAU-01", 10_000, 160, 98.13, 98.63),
    ("ASH-01", 10_000, 120, 98.57, 99.00),
    ("ASH-02", 10_000, 140, 98.35, 98.81),
    ("ASH-03", 10_000, 100, 98.79, 99.18),
    ("ASH-04", 10_000, 290, 96.75, 97.41),
    ("ASH-05", 10_000, 320, 96.44, 97.13),
    ("ASH-06", 10_000, 342, 96.21, 96.92),
]


@pytest.mark.parametrize(("claim_id", "n", "errors", "low", "high"), ERRORS)
def test_printed_accuracies_imply_errors_and_intervals(claim_id, n, errors, low, high):
    assert FRAME.at[claim_id, "unit"] == "percent"
    assert intervals.errors_implied(claims.reported(claim_id), n) == errors
    interval = [100 * end for end in intervals.wilson(n - errors, n)]
    assert interval == pytest.approx([low, high], abs=0.00501)


def test_validation_accuracy_by_epoch_implies_errors():
    last = claims.reported("RAJ-07")[-1]
    assert intervals.errors_implied(100 * last, 18_000) == 335


def test_a_printed_support_does_not_add_up_and_the_other_is_that_of_mnist():
    assert sum(claims.reported("RAU-06")) == 9935
    assert claims.reported("RAU-10") == 10_000
    assert sum(claims.reported("ASH-13")) == 10_000


def test_losses_are_in_nats_and_fractions_are_fractions():
    losses = FRAME[FRAME["metric"].str.endswith("loss")]
    assert len(losses) == 8 and all(0 < value < 0.2 for value in losses["value"])
    for value in FRAME.loc[FRAME["unit"] == "fraction", "value"]:
        assert all(
            0 <= part <= 1 for part in (value if isinstance(value, list) else [value])
        )


def test_counts_stay_integers():
    assert claims.reported("AHM-09") == 159254
    assert isinstance(claims.reported("AHM-09"), int)
    assert claims.reported("RAJ-10") == [42000, 18000]


def test_an_unknown_claim_is_refused():
    with pytest.raises(ValueError) as caught:
        claims.reported("AHM-99")
    assert str(caught.value) == (
        "claim_id must be one of the 72 ids in claims.yaml. Received: claim_id='AHM-99' "
        "(str). List them with load_claims().index."
    )


def test_a_caller_cannot_change_the_registry():
    claims.load_claims().at["RAJ-04", "value"].append(0.0)
    assert len(claims.reported("RAJ-04")) == 5


def test_printed_values_keep_the_digits_of_the_paper():
    assert claims.printed("RAJ-01") == "98.30"
    assert claims.printed("RAJ-03") == "98"
    assert claims.printed("RAU-01") == "98.4"
    assert claims.printed("SAY-04") == "0.0180"
    assert claims.printed("AHM-16") == "800, 1000"
    for claim_id, value in FRAME["value"].items():
        values = value if isinstance(value, list) else [value]
        assert list(map(float, claims.printed(claim_id).split(", "))) == values


def test_the_papers_hedges_are_kept():
    hedges = FRAME["hedge"][FRAME["hedge"] != ""].to_dict()
    assert hedges == {
        "AHM-14": "prediction implied",
        "AHM-16": "about",
        "AHM-17": "around",
        "SAY-02": "near",
        "SAY-03": "simulated",
        "SAY-04": "simulated",
        "SAY-05": "about",
        "SAY-10": "about",
        "SAY-12": "around",
        "SAY-13": "approximate",
        "SAY-14": "about",
    }
    assert FRAME.at["AHM-03", "note"] == "optimizer inferred, learning rate missing"


def test_claims_that_cannot_all_hold_are_named():
    pairs = {(a, b) for a, row in FRAME.iterrows() for b in row["conflicts"]}
    for a, b in [
        ("RAU-01", "RAU-07"),
        ("SAY-01", "SAY-11"),
        ("SAY-14", "SAY-11"),
        ("SAY-13", "SAY-09"),
    ]:
        assert (a, b) in pairs
