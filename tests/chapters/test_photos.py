"""The notebook on photographs: what is shown to networks, the tables, the sentences."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mnistlib import data
from mnistlib.chapters.photos import design, findings, networks, pictures, results
from mnistlib.chapters.photos.design import (
    IMAGES,
    INVERTED,
    OURS,
    PAPERS,
    READERS,
    STROKES,
    SYSTEMS,
)
from mnistlib.chapters.photos.params import Params
from mnistlib.claims.verdicts import NOT_JUDGED, UNDER_A_READING, judge
from mnistlib.photos.damage import KINDS as DAMAGES
from mnistlib.photos.find import STEPS
from mnistlib.photos.geometry import to_mnist
from mnistlib.photos.render import KINDS
from mnistlib.photos.strokes import strokes
from mnistlib.runs import cases


def always(digit):
    return lambda x: np.eye(10)[np.full(len(x), digit)]


@pytest.fixture(scope="module")
def photos(digits):
    return pictures.photographs(digits, 2)


@pytest.fixture(scope="module")
def knows(digits):
    """The nearest of a hundred drawn digits: no training, and right about most."""
    rng = np.random.default_rng(0)
    truth = np.arange(200) % 10
    known = np.array([to_mnist(strokes(int(digit), rng)) for digit in truth])

    def network(x):
        away = ((np.asarray(x)[:, None] - known[None]) ** 2).sum(axis=(2, 3))
        return np.eye(10)[truth[away.argmin(axis=1)]]

    return network


@pytest.fixture(scope="module")
def frame(photos, knows):
    return pictures.readings(photos, {("n", 0): knows, ("n", 1): always(3)}, READERS)


def test_photographs_are_of_every_kind_and_source_and_come_again(photos, digits):
    assert len(photos) == 2 * 2 * len(KINDS)
    again = pictures.photographs(digits, 2)
    assert all(
        np.array_equal(a.pixels, b.pixels) for a, b in zip(photos, again, strict=True)
    )
    assert {photo.truth for photo in photos} == {(digit,) for digit in range(10)}
    few = pictures.first_of(photos, 1)
    assert len(few) == 2 * len(KINDS) and few[0] is photos[0]


def test_readers_differ_in_what_they_show(photos):
    photo = pictures.of_kind(photos, "white paper", STROKES)
    papers, inverted, ours = (pictures.seen([photo], reader)[0] for reader in READERS)
    assert papers == pytest.approx(1 - inverted)
    assert papers.mean() > 0.6 and ours.mean() < 0.3
    assert np.flatnonzero(ours.any(axis=1))[0] in (3, 4, 5)


def test_who_finds_the_digit_reads_it(frame):
    table = results.kind_table(frame[frame["seed"] == 0])
    white = table.set_index("kind").loc["off centre"]
    drawn = frame[(frame["seed"] == 0) & (frame["source"] == STROKES)]
    means = drawn.groupby("reader")["accuracy"].mean()
    assert means[OURS] > 0.8 and means[PAPERS] < 0.4 and means[INVERTED] < 0.6
    assert white[f"{OURS}_low"] < white[f"{OURS}_mean"] < white[f"{OURS}_high"] + 1e-9


def test_a_photograph_without_just_one_digit_counts_as_wrong(digits, knows):
    (two,) = pictures.lines(digits, 1)[:1]
    blank = pictures.Photo("ruled", IMAGES, (3,), np.full((90, 90, 3), 240, np.uint8))
    rows = pictures.readings([two, blank], {("n", 0): always(3)}, [OURS])
    assert rows["accuracy"].tolist() == [0.0, 0.0]


def test_kinds_pool_sources_by_their_photographs(frame):
    row = frame[(frame["kind"] == "tilt") & (frame["reader"] == OURS)]
    wanted = row.groupby("seed")["accuracy"].mean().mean()
    table = results.kind_table(frame).set_index("kind")
    assert table.at["tilt", f"{OURS}_mean"] == pytest.approx(wanted)
    assert results.overall(frame).at[OURS, "n"] == 2


def test_ablation_counts_what_each_step_alone_decides(photos, knows):
    few = pictures.first_of(photos, 1)
    steps = pictures.ablation(few, {("n", 0): knows})
    assert steps["variant"].tolist() == [pictures.WHOLE, *STEPS]
    whole = steps.iloc[0]
    assert whole["lost"] == whole["gained"] == 0
    away = (whole["accuracy"] - steps["accuracy"]) * len(few)
    assert (away.round() == steps["lost"] - steps["gained"]).all()
    table = results.step_table(steps)
    assert table.at[0, "step"] == "none" and table.at[0, "cost"] == 0
    assert table["cost"][1:].is_monotonic_decreasing
    assert {"polarity", "box"} & set(table["step"][1:4])


def test_lines_are_counted_before_they_are_read(digits, knows):
    lines = pictures.lines(digits, 2)
    read = pictures.read_lines(lines, knows)
    assert read["digits"].between(*design.LENGTHS).all()
    assert not (read["right"] & ~read["counted"]).any()
    table = results.line_table(read).set_index("kind")
    assert table.at["all", "n"] == len(lines)
    assert table.at["all", "counted"] == read["counted"].mean()


def test_a_network_that_is_kept_says_what_its_run_recorded(digits):
    base = design.systems(Params(system_epochs=1), digits)["A1, base CNN"]
    tested = base | {"evaluate_on": "test", "n_test": 50, "n_train": 100}
    (case,) = cases(tested, seed=[3])
    (made,) = networks.trained([case], digits).values()
    from mnistlib.training.images import images_of
    from mnistlib.training.train import train

    record = train(case.spec, digits)
    *_, x_test = images_of(case.spec, digits)
    assert (made(x_test[..., 0]).argmax(axis=1) == record.predictions).all()


def test_every_system_differs_from_its_partner_in_augmentation_alone(digits):
    systems = design.systems(Params(), digits)
    assert list(systems) == list(SYSTEMS)
    for with_it, without in design.AUGMENTED:
        a, b = systems[with_it], systems[without]
        assert {k for k in a if a.get(k) != b.get(k)} == {"rotation", "shift", "zoom"}
    assert len(cases({"evaluate_on": "validation"}, system=systems, seed=[0])) == len(
        systems
    )


def test_the_support_vectors_answer_too(digits):
    fields = design.systems(Params(), digits)["R6, SVM"]
    wanted = cases({"evaluate_on": "validation"}, system={"R6, SVM": fields}, seed=[0])
    ((key, network),) = networks.trained(wanted, digits).items()
    x, y = pictures.test_part(digits, 100)
    assert key == ("R6, SVM", 0)
    assert (network(x).argmax(axis=1) == y).mean() > 0.7


def made_up(seeds=(0, 1, 2)) -> pd.DataFrame:
    """Systems that lose by their place; the augmented one of R1 is helped in rotation."""
    rows = []
    for place, system in enumerate(SYSTEMS):
        for seed in seeds:
            noise = 0.001 * np.random.default_rng([place, seed]).normal()
            for kind in ("none", *DAMAGES):
                for strength in [0] if kind == "none" else range(1, 6):
                    lost = 0.0 if kind == "none" else 0.01 * strength * (1 + place)
                    if (system, kind) == ("R1, augmented", "rotation"):
                        lost = 0.0
                    accuracy = 0.15 if system == "K1, raut" else 0.95 - lost + noise
                    row = {"system": system, "seed": seed, "damage": kind}
                    rows.append(row | {"strength": strength, "accuracy": accuracy})
    return pd.DataFrame(rows)


def test_damage_is_the_same_for_every_network():
    x = np.array([to_mnist(strokes(d, np.random.default_rng(d))) for d in range(10)])
    y = np.arange(10)
    seen = []

    def watching(images):
        seen.append(images.copy())
        return always(4)(images)

    found = results.damaged({("a", 0): watching, ("b", 0): watching}, x, y)
    assert np.array_equal(*seen) and np.array_equal(seen[0][:10], x)
    assert len(found) == 2 * (1 + 5 * len(DAMAGES)) and (found["accuracy"] == 0.1).all()


def test_losses_are_from_a_systems_own_accuracy_and_leave_out_what_did_not_learn():
    lost = results.losses(made_up())
    assert "K1, raut" not in lost.index
    assert lost.at["A1, base CNN", "blur"] == pytest.approx(0.03)
    table = results.breaks_table(made_up()).set_index("damage")
    assert table.at["blur", "weakest"] == "R6, SVM"
    assert table.at["blur", "strongest"] == "A1, base CNN"
    assert table.at["rotation", "strongest"] == "R1, augmented"
    # 0.01 x strength x 8 is 0.1 at the second strength: of blur, 1 pixel.
    assert table.at["blur", "broken"].startswith("1: ")
    assert results.damage_table(made_up()).at[0, "system"] == "A1, base CNN"


def test_augmentation_is_judged_by_seeds():
    gains = results.gain_table(made_up()).set_index(["network", "damage"])
    row = gains.loc[("R1", "rotation")]
    assert row["mean_difference"] == pytest.approx(0.09, abs=0.002) and row["p_holm"] < 0.01
    facts = findings.gain_facts(gains.reset_index())
    assert ("R1", "rotation") in [(r["network"], r["damage"]) for r in facts["better"]]
    assert facts["tested"] == 14
    one = findings.gain_facts(results.gain_table(made_up(seeds=(0,))))
    assert one["tested"] == 0
    assert "cannot be tested" in findings.say("gains", **one)


def test_sentences_say_what_the_tables_have(frame, photos, knows):
    nets = {("n", 0): knows, ("n", 1): always(8)}
    steps = pictures.ablation(pictures.first_of(photos, 1), {("n", 0): knows})
    lines = pd.DataFrame(
        [{"kind": "ruled", "digits": 4, "counted": True, "right": True, "digits_right": 4}]
    )
    gains = results.gain_table(made_up())
    found = findings.sentences(frame, photos, nets, steps, lines, made_up(), gains)
    text = " ".join(found)
    assert all("\n" not in sentence and "{" not in sentence for sentence in found)
    assert "R7 answers 8 to 100\u202f% (seed 1)" in text
    assert "Of 1 line of digits, 100" in text
    assert "rotation (R1" in text
    answer = findings.answer(frame, made_up())
    assert f"Of {len(photos)} photographs" in answer and "R6, SVM loses most" in answer


def test_nothing_is_said_of_networks_that_did_not_learn(frame):
    poor = made_up().assign(accuracy=0.1)
    assert results.breaks_table(poor).empty
    assert "None of the networks learned" in findings.answer(frame, poor)
    assert findings.gain_facts(results.gain_table(poor))["tested"] == 0


@pytest.fixture(scope="module")
def stand_ins(digits):
    return pictures.stand_ins(digits)


def test_the_papers_picture_is_held_against_stand_ins(stand_ins):
    assert [len(photos) for photos in stand_ins.values()] == [20] * 4
    mnist = SimpleNamespace(name="mnist")
    nets = {("raj_cnn", seed): always(8) for seed in (0, 1, 2)}
    full = Params(n_train=None, epochs=5)
    items = findings.evidence(stand_ins, nets, full, mnist)
    assert judge("RAJ-13", items).verdict == UNDER_A_READING
    assert judge("RAJ-14", items).verdict == UNDER_A_READING
    assert "in place of the lost picture" in judge("RAJ-13", items).reason
    table = findings.stand_in_table(items)
    assert table["digits"].tolist() == [[8, 8, 8]] * 4 and (table["eight"] == 1).all()
    assert table.at[0, "reading"] == "an 8, white on black"


@pytest.mark.parametrize(
    ("params", "name"),
    [
        (Params(n_train=None, epochs=5), "digits"),
        (Params(n_train=5000, epochs=5), "mnist"),
        (Params(n_train=None, epochs=4), "mnist"),
    ],
)
def test_a_smaller_run_judges_nothing(stand_ins, params, name):
    nets = {("raj_cnn", seed): always(3) for seed in (0, 1)}
    items = findings.evidence(stand_ins, nets, params, SimpleNamespace(name=name))
    assert judge("RAJ-13", items).verdict == NOT_JUDGED


def test_another_answer_is_not_the_papers(stand_ins):
    nets = {("raj_cnn", seed): always(3) for seed in (0, 1)}
    full = Params(n_train=None, epochs=5)
    items = findings.evidence(stand_ins, nets, full, SimpleNamespace(name="mnist"))
    assert judge("RAJ-13", items).verdict not in (UNDER_A_READING, NOT_JUDGED)


def test_the_test_part_is_drawn_from_all_test_images(digits):
    x, y = pictures.test_part(digits, 50)
    assert x.shape == (50, 28, 28) and x.max() <= 1 and len(y) == 50
    assert len(pictures.test_part(data.load("digits"), None)[1]) == len(digits.y_test)
