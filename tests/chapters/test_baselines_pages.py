"""What the comparison says and draws: words that follow from numbers, marks in place."""

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.baselines import figures, findings, results
from mnistlib.chapters.baselines.design import CNN, CNN_L2, SEEDLESS, SYSTEMS
from mnistlib.chapters.baselines.findings import say
from mnistlib.claims.evidence import Printed
from mnistlib.claims.verdicts import judge
from mnistlib.show import tables
from mnistlib.show.reproduction import test_evidence as of_test

NAN = float("nan")


@pytest.fixture
def table():
    """An accuracy table in which the papers' order holds."""
    order = [CNN, "svm_rbf", "ann", *(set(SYSTEMS) - {CNN, "svm_rbf", "ann"})]
    shares = np.linspace(0.98, 0.5, len(order))
    seeded = ~np.isin(order, SEEDLESS)
    ends = {
        f"{part}{end}": np.where(seeded, shares + move, np.nan)
        for part in ("", "both_", "one_")
        for end, move in (("low", -0.01), ("high", 0.01))
    }
    labels = [SYSTEMS[name].label for name in order]
    frame = pd.DataFrame({"system": order, "label": labels, "mean": shares, **ends})
    return frame.assign(image_low=shares - 0.002, image_high=shares + 0.002, n=10)


@pytest.fixture
def row():
    """A lead of the CNN over the RBF SVM."""
    values = {
        "a_only": 12.0, "b_only": 5.5, "ahead": 2, "behind": 1, "runs": 3, "lead": 14.0,
        "points": 0.014, "low": 0.01, "high": 0.018, "p_holm": 0.0001,
    }  # fmt: skip
    return pd.Series(values, name="svm_rbf", dtype=object)


WHERE = {
    "sides": {"ahead": [], "behind": []},
    "top": ["4/9", "3/8", "7/9"],
    "better": 30,
    "gained": 17.0,
    "worse": 1,
    "lost": -3.0,
    "ranks": {"3/8": 1},
}


def answer(table, row, sized=True, **changes):
    items = [Printed("RAJ-01", "CNN", [98.1, 98.2, 98.3], reading="pixels")]
    facts = findings.answer(table, row, items, sized, n_fit=42_000)
    return say("answer", **(facts | {"n_test": 10_000} | WHERE | changes))


def test_the_answer_says_who_leads_by_how_much_and_where(table, row):
    text = answer(table, row)
    assert text.startswith(
        "The CNN of Fig. 10 reads 98.00\u202f% of the test images right (9"
    )
    assert (
        "validation chose, 94.57\u202f%. Over the 3 seeds at which the two are compared, "
        "the CNN's lead is +1.40 (+1.00\u00a0to\u00a0+1.80) points" in text
    )
    assert (
        "points, more than the draw of images and seeds explains. In images it is +14: +17 "
        "on the 30 pairs of digits that the CNN confuses less often, −3 on the 1 that it "
        "confuses more often. The largest single leads, picked from these counts, are on "
        "4/9, 3/8 and 7/9. What each system costs is in "
        "{numref}`tab-baselines-cost`. The printed 98.30\u202f% lies above our mean 98.20"
        in text
    )
    assert "98.36 % in its conclusion, 98.30 % in its table and 98 % in its text" in text
    assert text.endswith("a test accuracy may have come out the same by chance.")


def test_the_answer_knows_luck_failed_runs_and_small_studies(table, row):
    text = answer(table, row.replace(0.0001, 0.2))
    assert "the draw of the test images may explain" in text
    assert "pairs of digits" not in text  # a lead that may be chance is not divided
    assert "pairs of digits" not in answer(table, row.replace(14.0, -14.0))
    assert "; other seeds may show none" in answer(table, row.replace(0.01, -0.01))
    table.loc[0, "both_low"] = NAN
    text = answer(table, row, sized=False)
    assert "right, and the RBF SVM" in text
    assert "over seeds and images; 10 runs), and" in answer(table.assign(both_low=0.9), row)
    assert "Trained on 42,000 images, this run cannot be held against" in text


def test_sizes_are_held_against_the_papers():
    common = {"n_fit": 42_000, "papers": 42_000}
    text = say("size", sized=True, is_mnist=True, **common)
    assert "the CNN of `raj2024` on 42,000, as many. For its SVM and ANN the" in text
    text = say("size", sized=False, is_mnist=False, **common)
    assert "images that are not MNIST, except where a table says *none held out*" in text
    facts = findings.network(pd.DataFrame({"parameters": [81_066]}))
    assert "81,066 parameters, as many as `raj2024` prints" in say("network", **facts)
    assert "holds 18,000 out, as printed." in say("network", **facts)
    other = say("network", **(facts | {"ours": 5, "sizes": [1, 2]}))
    assert "5 parameters, not the 81,066 that `raj2024` prints" in other
    assert "not as printed." in other


def test_the_order_of_the_papers_three_in_both_scalings(table):
    table.loc[table["system"] == CNN_L2, "mean"] = table["mean"].max()
    text = say("order", **findings.order(table))
    assert "has CNN before SVM before ANN. By our means the order is, with pixels" in text
    assert "÷ 255, CNN before RBF SVM before ANN, as in the paper; with columns of" in text
    assert "for the CNN, CNN (L2) before RBF SVM before ANN, as in the paper." in text
    table.loc[table["system"].isin([CNN, CNN_L2]), "mean"] = 0.1
    text = say("order", **findings.order(table))
    assert "255, RBF SVM before ANN before CNN, not as in the paper; with" in text
    assert "CNN, RBF SVM before ANN before CNN (L2), not as in the paper." in text


def test_printed_differences_that_may_be_chance_are_named():
    tests = results.printed_tests()
    rows = tests[tests["p"] >= 0.05].to_dict("records")
    text = say("printed", chance=rows)
    assert "SVM over ANN in `raj2024` (p = 0.739), SVM over k-NN in" in text
    assert "CNN over SVM" not in text
    one = say("printed", chance=rows[:1])
    assert "(p = 0.739) cannot be told" in one
    assert " and " in say("printed", chance=rows[:2])
    assert "images, none is within chance; no paper" in say("printed", chance=[])


def test_a_lead_is_counted_image_by_image(row):
    text = say("lead", row=row, name="RBF SVM", n_test=1000, won=1, lost=2)
    assert "alone has 12.0 right and the RBF SVM alone 5.5" in text
    assert "the CNN is ahead at 2 and behind at 1 of 3 seeds. A majority" in text
    assert "wrong on 1 image, and wrong where it is right on 2: a majority errs" in text


def test_where_the_lead_arises():
    classes = pd.DataFrame(
        {"digit": [0, 2, 3], "lead": [-21.6, 14.66, -1.0], "p_holm": [0.001, 0.01, 0.9]}
    )
    pairs = pd.DataFrame(
        {
            "pair": ["4/9", "3/8", "7/9", "1/7"],
            "leader_errors": [5.0, 9.0, 1.0, 0.0],
            "lead": [5.0, 3.0, 1.5, -2.0],
        }
    )
    facts = findings.where(classes, pairs)
    assert facts["sides"] == {
        "ahead": [{"digit": 2, "lead": 14.66}],
        "behind": [{"digit": 0, "lead": -21.6}],
    }
    assert [facts[k] for k in ("better", "gained", "worse", "lost")] == [3, 9.5, 1, -2.0]
    assert facts["ranks"] == {"3/8": 1, "4/9": 2}
    text = say("where", **facts)
    assert "images explains, the CNN is ahead on 2 (+14.7 images), and behind on 0" in text
    assert "on 0 (−21.6 images). Other seeds may" in text
    assert "3/8 has place 1 and 4/9 has place 2; `asher`" in text
    behind = say("where", **findings.where(classes.head(1), pairs))
    assert "the CNN is behind on 0 (−21.6 images). Other seeds" in behind
    facts = findings.where(classes.assign(p_holm=1.0), pairs)
    assert "No single digit shows" in say("where", **facts)


def test_networks_are_ahead_behind_alike_or_untested():
    effects = pd.DataFrame(
        {
            "a": ["L2", "V.B", "steps", "ANN"],
            "n": 3,
            "mean_difference": [-0.01, 0.01, 0.02, 0.001],
            "p_holm": [0.01, 0.04, 0.001, 0.9],
        }
    )
    runs = pd.DataFrame({"system": "channel", "test_accuracy": [0.93, 0.95]})
    text = say("networks", **findings.networks(effects, runs))
    assert "On 3 seeds, against the network of Fig. 10, V.B and steps are ahead" in text
    assert "beyond chance; L2 is behind beyond chance; ANN cannot be told from" in text
    lowest = "(93.00–95.00\u202f%, lowest to highest of 2 seeds)."
    assert text.endswith(f"it reads 94.00\u202f% right {lowest}")
    sure = say("networks", **findings.networks(effects.head(3), runs))
    one_filter = "CNN (IV.B), which we read as having one filter, is not in"
    assert f"L2 is behind beyond chance. {one_filter}" in sure
    untested = effects.assign(p_holm=NAN)
    assert "nothing is compared" in say("networks", **findings.networks(untested, runs))
    text = say("networks", **findings.networks(untested.assign(n=1), runs.head(1)))
    assert "One seed tells no difference between the networks from chance. CNN (IV" in text
    assert text.endswith("it reads 93.00\u202f% right.")
    one = say("networks", **findings.networks(effects.tail(1), runs))
    assert "of Fig. 10, ANN cannot be told from it." in one


def test_training_accuracy_is_another_quantity():
    rows = pd.DataFrame({"train_accuracy": [0.99, 0.98], "test_accuracy": [0.97, 0.97]})
    text = say("training", **findings.gap(rows))
    assert "by +1.50 points (least +1.00, most +2.00 of 2 seeds): another" in text
    assert "least" not in say("training", **findings.gap(rows.head(1)))


def log_evidence(first: float, n_seeds: int):
    """Return a log that meets the printed one, but for the first epoch."""
    items = []
    for name, shift in ((CNN, first), (CNN_L2, 0.0)):
        for claim in results.LOG.values():
            value = Printed(claim, SYSTEMS[name].label, [[0.0] * 5]).value
            ours = [list(value + (k - 1) * 0.001) for k in range(n_seeds)]
            for seed in ours:
                seed[0] += shift
            items.append(Printed(claim, SYSTEMS[name].label, ours))
    return items


def test_the_log_is_met_or_not_and_hints_at_a_scaling():
    facts = findings.log_facts(log_evidence(0.04, n_seeds=3))
    assert facts["inside"] == {"CNN": 16, "CNN (L2)": 20}
    assert facts["nearer"] == "CNN (L2)"
    text = say("log", sized=True, **facts)
    assert "at 88.88\u202f% training accuracy, ours at 92.88\u202f% (CNN) and 88.88" in text
    assert (
        "Of the log's 20 values 16 lie inside the interval of one more run of CNN" in text
    )
    assert "CNN and 20 lie inside the interval of one more run of CNN (L2); fewer" in text
    assert "after another number of images." in say("log", sized=False, **facts)
    one_seed = findings.log_facts(log_evidence(0.04, n_seeds=1))
    assert one_seed["inside"] == {}
    assert say("log", sized=True, **one_seed).endswith("no proof.")


def test_notes_quote_the_claims():
    text = say("seconds", printed=[52, 58], ours=3.04, n_fit=280)
    assert "prints 52 and 58 s for its 2 epochs of the CNN, 110 s in all" in text
    assert "here the fastest epoch took 3.0 s on one thread, for 280 images" in text


def test_headline_rows_say_where_the_printed_value_lies():
    right = {CNN: [981, 980, 979], "svm_rbf": [931]}
    runs = pd.DataFrame(
        {"system": name, "test_accuracy": n / 1000, "test_loss": 0.1, "n_correct": n}
        for name in SYSTEMS
        for n in right.get(name, [900, 901, 902])
    ).assign(n_examples=1000, status="ok")
    rows = findings.headline_rows(runs, sized=True, n_fit=42_000)
    assert [r["claim_id"] for r in rows[:3]] == ["RAJ-01", "RAJ-12", "ASH-04"]
    cnn, svm = rows[:2]
    # 97.9, 98.0, 98.1: mean 98 -+ 4.303 × 0.1 × sqrt(4 / 3)
    assert (cnn["ours"], cnn["place"]) == (pytest.approx(98.0), "inside")
    assert (cnn["one_low"], cnn["one_high"]) == pytest.approx((97.503, 98.497), abs=1e-3)
    assert svm["image_low"] < svm["ours"] < svm["image_high"]
    # Without a seed the number itself is compared, as on the scoreboard.
    assert (svm["place"], svm["one_low"]) == ("above", pytest.approx(np.nan, nan_ok=True))
    assert (
        "no seed changes this system: to the digits printed, the two differ" in svm["text"]
    )
    board = judge("RAJ-12", of_test(
        runs[runs["system"] == "svm_rbf"], "SVM", ("RAJ-12",), seedless=True, reading="C 1"
    ))  # fmt: skip
    assert board.nearest.place == svm["place"]
    met = runs.assign(test_accuracy=0.9777)
    met = findings.headline_rows(met[~met.duplicated("system")], sized=True, n_fit=42_000)
    assert met[1]["place"] == "inside" and "the two are equal" in met[1]["text"]
    small = findings.headline_rows(runs, sized=False, n_fit=280)
    assert {r["text"] for r in small} == {"trained on 280 images only: not to be compared."}


def test_errors_are_drawn_with_what_papers_print(table):
    ax = figures.error_plot(table).axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == table["label"].tolist()
    drawn = [
        line for line in ax.lines if line.get_marker() == "D" and len(line.get_xdata())
    ]
    printed = sorted(line.get_xdata()[0] for line in drawn)
    assert printed == pytest.approx([0.017, 0.0223, 0.0223, 0.023])
    broad = [line for line in ax.lines if line.get_linewidth() == 7]
    assert len(broad) == len(table) + 1  # one over images for each, and the legend's
    table.loc[0, ["mean", "image_high", "one_low", "one_high"]] = [1.0, 1.0, 0.99, 1.0]
    figures.error_plot(table).draw_without_rendering()


def test_logs_are_drawn_over_the_images_seen():
    epochs = pd.DataFrame({"epoch": [1, 2]})
    values = {column: [0.5, 0.6] for column in results.LOG}
    logs = pd.concat(
        epochs.assign(system=name, key=f"{name}{seed}", **values)
        for name, seed in ((CNN, 0), (CNN, 1), (CNN_L2, 0))
    )
    axes = figures.log_curves(logs, 70, 42_000).axes
    assert [len(ax.lines) for ax in axes] == [2 + 1 + 1 + 1] * 4
    assert axes[0].lines[2].get_xdata().tolist() == [0.07, 0.14]
    assert axes[0].lines[-1].get_xdata().tolist() == [42, 84, 126, 168, 210]
    assert axes[3].get_yscale() == "log"


def test_pairs_and_costs_are_drawn(table):
    pairs = pd.DataFrame(
        {
            "pair": ["4/9", "3/8", "0/1"],
            "leader_errors": [5.0, 9.0, 2.0],
            "other_errors": 1.0,
        }
    )
    ax = figures.pair_plot(pairs, CNN, "svm_rbf", count=1).axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["4/9", "0/1"]
    every = figures.pair_plot(pairs, CNN, "svm_rbf", count=2).axes[0]
    assert len(every.get_yticklabels()) == 3
    seconds = np.geomspace(0.01, 10, len(table))
    costs = table.assign(test_accuracy=table["mean"], predict_seconds=seconds)
    ax = figures.cost_plot(costs).axes[0]
    assert sorted(text.get_text() for text in ax.texts) == sorted(table["label"])


def test_a_gallery_may_be_empty(digits):
    shown = figures.gallery(digits.x_test[:3], [4, 9, 3], [9, 4, 8])
    assert [ax.get_title() for ax in shown.axes] == ["4, not 9", "9, not 4", "3, not 8"]
    empty = figures.gallery(digits.x_test[:0], [], [])
    assert "no such image" in empty.axes[0].texts[0].get_text()


def test_tables_are_written_as_people_read_them(row):
    lead = row.to_frame().T.assign(label="RBF SVM")
    cells = [column.texts(lead)[0] for column in results.LEADS]
    assert cells[:4] == ["RBF SVM", "12.0 : 5.5", "+2 / −1 of 3", "+14"]
    assert cells[4:] == ["+1.40 (+1.00\u00a0to\u00a0+1.80)", "< 0.001"]
    log = results.log_table(log_evidence(0.04, 3), "loss")
    shown = tables.to_markdown(log, results.LOG_COLUMNS)
    assert "0.3957" in shown and ", below" in shown and ", inside" in shown
    unsure = results.log_table(log_evidence(0.04, 1), "loss")
    assert "inside" not in tables.to_markdown(unsure, results.LOG_COLUMNS)
