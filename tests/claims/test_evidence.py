"""Evidence about a claim: where the printed value lies among our runs, and its verdict."""

import json

import numpy as np
import pandas as pd
import pytest

from mnistlib.claims import load_claims
from mnistlib.claims.evidence import Fact, Printed, Untestable, from_dict, to_dict
from mnistlib.claims.verdicts import VERDICTS, judge
from mnistlib.ground.errors import StudyError
from mnistlib.stats.intervals import accuracies, over_images, prediction

ACCURACY, LIST = "AHM-07", "RAJ-07"  # 98.73 %; five accuracies, one an epoch


def printed(values, claim_id=ACCURACY, **fields):
    return Printed(claim_id, "s", values, **fields)


def test_a_value_is_judged_by_one_more_run_not_by_the_mean():
    values = [98.74, 98.76, 98.75, 98.745, 98.76]
    one = printed(values)
    assert np.allclose(np.ravel(one.one_run), prediction(values))
    assert one.seeds[0] > 98.73  # outside the interval of the mean
    assert (one.place, one.distance) == ("inside", 0)


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ([99.0, 99.01, 99.02], "below"),
        ([97.0, 97.01, 97.02], "above"),
        ([98.7349, 98.7349, 98.7349], "inside"),  # it is printed as 98.73
        ([98.7351, 98.7351, 98.7351], "below"),
        ([98.73], ""),
        ([98.7, 9.8, 98.8], ""),
        ([98.7, None, 98.8], ""),
    ],
)
def test_place(values, place):
    assert printed(values).place == place


def test_a_system_without_a_seed_is_its_own_interval():
    assert printed([98.73], seedless=True).place == "inside"
    assert printed([98.75], seedless=True).place == "below"


def test_a_list_is_inside_when_all_of_it_is():
    theirs = np.array(load_claims().at[LIST, "value"])
    near = printed([list(theirs - 0.001), list(theirs + 0.001)], LIST)
    assert near.place == "inside"
    away = np.array([[0, 0.1, 0, 0, 0], [0, 0.1, 0, 0, 0.001]])
    far = printed((theirs + away).tolist(), LIST)
    assert far.places == ["inside", "below", "inside", "inside", "inside"]
    assert far.place == "below"
    # 95 % for all five together: wider than 95 % each.
    assert near.one_run[0][0] < prediction(near.values[:, 0])[0]


@pytest.mark.parametrize(
    "evidence",
    [
        printed([98.7, None, 98.712345678], reading="momentum 0.9", n_test=10_000),
        printed([[0.9, 0.95, 0.96, 0.97, 0.98]], LIST),
        Fact("AHM-15", False, "Counts are 5,421 to 6,742."),
        Untestable("RAJ-14", "The picture is lost."),
    ],
)
def test_evidence_is_json_both_ways(evidence):
    row = to_dict(evidence)
    assert to_dict(from_dict(json.loads(json.dumps(row, allow_nan=False)))) == row


@pytest.mark.parametrize(
    "row", [{"kind": "rumour", "claim_id": ACCURACY}, {"kind": "fact", "claim_id": "X-1"}]
)
def test_unknown_evidence_is_refused(row):
    with pytest.raises(StudyError, match="Received: kind="):
        from_dict(row)


BELOW, INSIDE, ABOVE = [99.0, 99.01], [98.72, 98.75], [98.0, 98.01]


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        ([printed(INSIDE)], "reproduced"),
        ([printed(BELOW), printed(INSIDE, reading="r")], "reproduced under a reading"),
        ([printed(INSIDE), printed(BELOW, reading="momentum")], "reproduced"),
        ([printed(ABOVE)], "higher than ours"),
        ([printed(BELOW), printed([99.5, 99.51], reading="r")], "lower than ours"),
        ([printed(INSIDE), Fact(ACCURACY, False, "no")], "contradicted"),
        ([Fact(ACCURACY, True, "yes")], "reproduced"),
        ([Fact(ACCURACY, True, "yes"), Fact(ACCURACY, False, "no")], "contradicted"),
        ([Untestable(ACCURACY, "why")], "not testable"),
        ([printed(INSIDE, paper_sized=False)], "not judged"),
        ([printed([98.73])], "not judged"),
        ([printed([98.7, 9.0])], "not judged"),
        ([Fact("AHM-15", True, "another claim's")], "not judged"),
    ],
)
def test_verdicts(evidence, verdict):
    assert verdict in VERDICTS
    assert judge(ACCURACY, evidence).verdict == verdict


def test_the_distance_is_that_of_the_nearest_reading_in_images():
    far = printed([99.9, 99.9001], n_test=10_000)
    near = printed([98.8, 98.8], reading="momentum 0.9", n_test=10_000)
    verdict = judge(ACCURACY, [far, near])
    assert verdict.nearest is near
    assert verdict.images == pytest.approx(6.5)  # 98.73 may be 98.735
    assert "momentum 0.9" in verdict.reason


def test_every_claim_has_a_verdict():
    verdicts = [judge(claim_id, []) for claim_id in load_claims().index]
    assert {one.verdict for one in verdicts} == {"not judged", "not testable"}
    simulated = [one.claim_id for one in verdicts if one.verdict == "not testable"]
    assert simulated == ["SAY-03", "SAY-04"]


@pytest.mark.parametrize(
    ("claim_id", "values", "place"),
    [
        ("RAU-02", [98.5, 98.6, 98.7], "inside"),  # more than 98
        ("RAU-02", [97.0, 97.1, 97.2], "above"),
        ("RAU-02", [97.9, 98.4, 98.6], ""),  # one more run could lie on either side
        ("SAY-14", [99.8, 99.81, 99.82], "inside"),
        ("AHM-10", [1, 1, 0], "inside"),  # yes or no: what most runs give
        ("AHM-10", [0, 0, 1], "above"),
        ("AHM-10", [1, 0], ""),
        ("ASH-09", [0.001, 0.001, 0.01], "inside"),
        ("ASH-09", [0.01, 0.0001], ""),
        ("SAY-12", [[13, 15]] * 4, ""),  # too few for a range
        ("SAY-12", [[12, 14], [13, 16], [14, 15], [13, 15], [12, 16]], "inside"),
        ("SAY-12", [[28, 14]] * 5, "below"),
        ("SAY-05", [94.9, 94.95, 95.0], "inside"),  # "about 96": a whole unit
        ("RAJ-01", [98.2, 98.29, 98.28], "inside"),
    ],
)
def test_bounds_choices_epochs_and_hedges(claim_id, values, place):
    assert printed(values, claim_id).place == place


def test_a_list_lies_where_its_farthest_value_does():
    theirs = np.array(load_claims().at["RAJ-04", "value"])
    away = np.array([-0.02, 0.3, 0.3, 0.3, 0.3])
    values = [list(theirs + away), list(theirs + away + 1e-4)]
    assert printed(values, "RAJ-04").place == "below"


def test_runs_that_did_not_learn_give_no_interval_of_a_loss_either():
    values = [0.05, 0.06, 2.30]
    assert printed(values, "AHM-02").place == "inside"
    assert printed(values, "AHM-02", learned=[True, True, False]).place == ""
    # A low accuracy after the first epoch is a value like any other.
    low = [19.0, 31.0, 33.0]
    assert printed(low, "SAY-05").failed == 1
    assert printed(low, "SAY-05", learned=[True] * 3).failed == 0


def test_undescribed_systems_and_lost_readings():
    described = judge("RAJ-12", [Printed("RAJ-12", "SVM", [99.0], "C 1", seedless=True)])
    assert described.verdict == "not testable"
    covered = judge("RAJ-12", [Printed("RAJ-12", "SVM", [97.77], "C 1", seedless=True)])
    assert covered.verdict == "reproduced under a reading"
    far, lost = printed([99.0, 99.01], reading="a"), printed([98.0, 9.0], reading="b")
    verdict = judge(ACCURACY, [far, lost])
    assert (verdict.verdict, "b" in verdict.reason) == ("not judged", True)


def test_the_interval_over_images_is_that_of_the_chapters_tables():
    # 466.5 of 500 right, on the mean: a half, which neither unit's last bits may decide.
    shares = [0.932, 0.934]
    frame = pd.DataFrame({"system": "s", "test_accuracy": shares, "n_examples": 500})
    table = accuracies(frame.assign(status="ok"), "system")
    one = printed([100 * share for share in shares], n_test=500)
    low, high = table.loc[0, ["image_low", "image_high"]]
    assert one.images == pytest.approx((100 * low, 100 * high))
    for k in range(1, 1000, 2):  # every half of 500 images
        percent = printed([100 * (k - 1) / 1000, 100 * (k + 1) / 1000], n_test=500)
        low, _ = over_images(np.mean([(k - 1) / 1000, (k + 1) / 1000]), 500)
        assert percent.images[0] == pytest.approx(100 * low)


def test_the_half_width_is_that_of_one_more_runs_interval():
    values = [98.0, 98.2, 98.1]
    half = 4.3027 * 0.1 * (4 / 3) ** 0.5
    assert printed(values).half_width == pytest.approx(half, rel=1e-4)
    # An end that is cut off at 100 % does not make it narrower.
    assert printed([99.8, 100.0, 99.9]).half_width == pytest.approx(half, rel=1e-4)
    theirs = np.array(load_claims().at[LIST, "value"])
    wide = printed([theirs, theirs + np.array([0, 0, 0, 0, 0.01])], LIST)
    low, _ = wide.one_run
    assert wide.half_width == pytest.approx(wide.mean[4] - low[4])
    for one in (printed([98.0]), printed([98.0], seedless=True), printed([1, 1], "AHM-10")):
        assert np.isnan(one.half_width)
