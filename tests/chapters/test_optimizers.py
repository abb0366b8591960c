"""The optimizer comparison: which rates are chosen, its tables, and its facts."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.optimizers import design, findings, results
from mnistlib.chapters.optimizers.design import A1, A1_MOMENTUM, A2, A2_FAST, A3, PAPER
from mnistlib.chapters.optimizers.params import Params
from mnistlib.claims.registry import load_claims
from mnistlib.claims.verdicts import judge
from mnistlib.ground.errors import ParameterError, RunError
from mnistlib.runs import cases

METHODS = ("sgd", "sgd_momentum", "adam", "adadelta")


def grid_frame(**accuracies) -> pd.DataFrame:
    """A frame with one run for each accuracy: method=[(rate, accuracy, status), ...]."""
    return pd.DataFrame(
        [
            {
                "method": method,
                "optimizer": method.removesuffix("_momentum"),
                "momentum": 0.9 * method.endswith("momentum"),
                "learning_rate": rate,
                "val_accuracy": accuracy,
                "status": status,
            }
            for method, runs in accuracies.items()
            for rate, accuracy, status in runs
        ]
    )


def small_grid() -> pd.DataFrame:
    return grid_frame(
        sgd=[(0.01, 0.9, "ok"), (0.1, 0.95, "ok"), (1.0, 0.1, "ok")],
        sgd_momentum=[(0.01, 0.96, "ok"), (0.1, 0.94, "ok"), (1.0, 0.1, "diverged")],
        adam=[(0.001, 0.97, "ok"), (0.01, 0.95, "ok")],
        adadelta=[(0.1, 0.93, "ok"), (1.0, 0.96, "ok"), (10.0, 0.95, "ok")],
    )


def runs_of(accuracies: dict, n: int = 10_000, **more) -> pd.DataFrame:
    """Rows of tested runs: system -> accuracy of each seed."""
    momentum = {A1_MOMENTUM: PAPER[A1] | {"momentum": 0.9}}
    return design.named(
        pd.DataFrame(
            [
                {"key": f"{system}/{seed}", "system": system, "momentum": 0.0}
                | (PAPER | momentum)[system]
                | {"seed": seed, "test_accuracy": accuracy, "test_loss": 0.05}
                | {"n_examples": n, "status": "ok", "epochs": 10, "batch_size": 32}
                | more
                for system, values in accuracies.items()
                for seed, accuracy in enumerate(values)
            ]
        )
    )


def tuned(accuracies: dict) -> pd.DataFrame:
    """Rows of tested runs: method -> accuracy of each seed."""
    rows = [
        {"method": method, "learning_rate": 0.1, "seed": seed, "test_accuracy": accuracy}
        | {"key": f"{method}/{seed}", "n_examples": 20, "status": "ok"}
        for method, values in accuracies.items()
        for seed, accuracy in enumerate(values)
    ]
    return pd.DataFrame(rows)


IN_ORDER = {A1: [0.95, 0.96], A2: [0.97, 0.98], A3: [0.98, 0.99], A2_FAST: [0.9, 0.91]}


# --- what is run and chosen


def test_a_tuned_system_that_is_one_of_the_papers_has_the_same_spec():
    base = {"model": "base_cnn", "dataset": "digits", "epochs": 1, "seed": 0}
    (paper, *_) = cases(base, system={A3: PAPER[A3]})
    best = design.best_rates(grid_frame(adadelta=[(1.0, 0.9, "ok")])).iloc[0]
    settings = best[["optimizer", "momentum", "learning_rate"]].to_dict()
    assert cases(base | settings)[0].spec == paper.spec


def test_sgd_with_momentum_is_a_method_of_its_own():
    table = pd.DataFrame({"optimizer": ["sgd", "sgd", "adam"], "momentum": [0.0, 0.9, 0.0]})
    assert design.named(table)["method"].tolist() == ["sgd", "sgd_momentum", "adam"]


def test_the_papers_systems_are_those_of_their_claims():
    claims = load_claims()
    for optimizer, ids in design.CLAIMS.items():
        assert claims.loc[list(ids), "metric"].tolist() == ["test_accuracy", "test_loss"]
        assert claims.loc[list(ids), "system"].str.contains(optimizer).all()
    for system, claim in design.SEVENS.items():
        assert claims.at[claim, "value"] == 7
        assert PAPER[system]["optimizer"] in claims.at[claim, "system"]


def test_seeds_of_the_grid_must_be_others():
    message = (
        "parameters of optimizers: seeds and grid_seeds must have no seed in common. "
        "Received: [1, 2] in both (list)"
    )
    with pytest.raises(ParameterError) as caught:
        Params.from_mapping({"seeds": [2, 0, 1], "grid_seeds": [1, 2]})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "value"),
    [("sensitivity_epochs", [0]), ("sensitivity_batches", [32, 32]), ("momentum", 1.0)],
)
def test_parameters_out_of_range_are_refused(name, value):
    with pytest.raises(ParameterError, match=rf"optimizers: {name}.*: .*Received"):
        Params.from_mapping({name: value})


def test_best_rates_count_what_every_rate_did():
    best = design.best_rates(small_grid()).set_index("method")
    assert list(best.index) == list(METHODS)
    assert best["learning_rate"].to_dict() == {
        "sgd": 0.1, "sgd_momentum": 0.01, "adam": 0.001, "adadelta": 1.0,
    }  # fmt: skip
    assert best["edge"].tolist() == ["", "lowest", "lowest", ""]
    assert best["rates"].tolist() == best["trials"].tolist() == [3, 3, 2, 3]
    assert best["diverged"].tolist() == [0, 1, 0, 0]
    assert best["stuck"].tolist() == [1, 0, 0, 0]
    assert best["momentum"].tolist() == [0.0, 0.9, 0.0, 0.0]


# --- printed beside ours


def test_reported_values_are_the_papers_with_their_error_counts():
    table = results.reported_table().set_index("system")
    assert table["errors"].tolist() == [204, 173, 135]
    assert table["accuracy"].tolist() == ["97.96", "98.27", "98.65"]
    assert table["loss"].tolist() == ["0.0629", "0.0551", "0.0397"]
    assert table["low"].round(4).tolist() == [0.9766, 0.9800, 0.9840]
    assert table["high"].round(4).tolist() == [0.9822, 0.9851, 0.9886]


def test_a_reading_is_a_choice_of_what_the_paper_leaves_open():
    frame = pd.concat(
        [
            runs_of({A1: [0.979, 0.980], A2: [0.98, 0.981], A3: [0.98, 0.981]}),
            runs_of(
                {A1: [0.95, 0.951], A1_MOMENTUM: [0.98, 0.979]}, epochs=5, batch_size=128
            ),
        ]
    )
    table = results.readings(frame, full_size=True)
    assert len(table) == 10  # two quantities of five readings
    accuracies = [one for one in table["evidence"] if one.n_test]
    assert {(one.claim_id, one.reading) for one in accuracies} == {
        ("AHM-01", "our network, 10 epochs, batches of 32, momentum 0"),
        ("AHM-01", "our network, 5 epochs, batches of 128, momentum 0"),
        ("AHM-01", "our network, 5 epochs, batches of 128, momentum 0.9"),
        ("AHM-03", "our network, 10 epochs, batches of 32, a learning rate of 0.001"),
        ("AHM-05", "our network, 10 epochs, batches of 32"),
    }
    verdict = judge("AHM-01", table["evidence"])
    assert verdict.verdict == "reproduced under a reading"
    assert verdict.reason == (
        "with our network, 10 epochs, batches of 32, momentum 0; "
        "with our network, 5 epochs, batches of 128, momentum 0.9."
    )


@pytest.mark.parametrize(
    ("full_size", "changes", "sized"),
    [
        (True, {"epochs": 5}, True),
        (True, {"epochs": 3}, False),
        (False, {"epochs": 5}, False),
        (True, {"batch_size": 64}, False),
        (True, {"momentum": 0.5}, False),
    ],
)
def test_only_declared_readings_of_whole_runs_are_judged(full_size, changes, sized):
    frame = runs_of({A1: [0.97, 0.98]}).assign(**changes)
    evidence = results.readings(frame, full_size)["evidence"]
    assert [one.paper_sized for one in evidence] == [sized, sized]


def test_gaps_at_face_value_are_those_of_the_printed_values():
    frame = runs_of(
        {A1: [0.90, 0.92, 0.91], A2: [0.95, 0.96, 0.97], A3: [0.95, 0.98, 0.96]}
    )
    gaps = results.gap_table(frame)
    assert gaps["gap"].tolist() == ["A1 to A2", "A1 to A3", "A2 to A3"]
    assert gaps["paper_images"].tolist() == [31, 69, 38]
    assert gaps["paper_p"].round(3).tolist() == [0.107, 0.0, 0.029]
    assert gaps["mean_difference"].tolist() == pytest.approx([0.05, 0.16 / 3, 0.01 / 3])
    assert gaps["images"].tolist() == pytest.approx([500, 1600 / 3, 100 / 3])
    widths = gaps["high"] - gaps["low"]
    assert widths.tolist() == pytest.approx([widths.iloc[0]] * 3)  # one residual for all


@dataclass
class FakeRuns:
    """Predictions by key, as `mnistlib.runs.Runs` gives them."""

    frame: pd.DataFrame
    test_labels: np.ndarray
    test_index: np.ndarray
    digits: dict[str, list[int]]

    def predictions(self, key):
        return np.array(self.digits[key], dtype=np.uint8)

    def confidence(self, key):
        return np.full(len(self.test_labels), 0.75, dtype=np.float16)


def test_pairs_count_images_and_seeds():
    y = np.arange(20) % 10
    wrong = (y + 1) % 10
    digits = {
        "sgd/0": y,
        "sgd/1": y,
        "adam/0": wrong,  # all 20 wrong: McNemar p = 2 / 2**20
        "adam/1": np.where(np.arange(20) < 2, wrong, y),  # 2 wrong: p = 0.5
    }
    frame = tuned({"sgd": [1.0, 0.9], "adam": [0.5, 0.4]})
    (row,) = results.pair_table(frame, FakeRuns(frame, y, None, digits)).itertuples()
    assert (row.a, row.b, row.n) == ("sgd", "adam", 2)
    assert (row.a_only, row.b_only) == (11, 0)
    assert (row.ahead, row.behind, row.runs) == (1, 0, 2)
    assert row.mean_difference == pytest.approx(0.5)
    assert row.images == pytest.approx(10)


# --- a test 7


def seven_runs(**more) -> FakeRuns:
    frame = runs_of({system: [0.98, 0.99] for system in PAPER})
    digits = {key: [2, 7, 1, 7] for key in frame["key"]} | more
    labels = np.array([2, 7, 1, 7], dtype=np.uint8)
    return FakeRuns(frame, labels, np.array([40, 30, 20, 10]), digits)


def test_first_seven_is_the_first_in_the_data_set():
    assert results.first_of_digit(seven_runs()) == 10


def test_without_a_seven_the_error_says_so():
    runs = replace(seven_runs(), test_labels=np.array([1, 2, 3, 4]))
    message = (
        "the test images used must hold a 7. Received: n_test=4 (int) without one; "
        "use more test images"
    )
    with pytest.raises(RunError) as caught:
        results.first_of_digit(runs, 7)
    assert str(caught.value) == message


def test_sevens_are_counted_by_seed_and_by_image():
    runs = seven_runs(**{f"{A2}/1": [2, 7, 1, 9]})
    table = results.seven_table(runs.frame, runs, 10).set_index("system")
    assert table["predicted"].to_dict()[A2] == [7, 9]
    assert table["right"].to_dict() == {A1: 2, A2: 1, A2_FAST: 2, A3: 2}
    assert table["share"].to_dict() == {A1: 1.0, A2: 0.75, A2_FAST: 1.0, A3: 1.0}
    assert table["probability"].tolist() == [0.75] * 4
    items = results.seven_evidence(table.reset_index(), 10, full_size=True)
    assert [one.claim_id for one in items] == ["AHM-13", "AHM-14"]
    assert "read 75.0\u202f% of them as a 7" in items[1].text
    assert items[1].text.endswith("image 10, at 1 of 2 seeds.")
    small = results.seven_evidence(table.reset_index(), 10, full_size=False)
    assert all(one.text.endswith("which of the test 7s it shows.") for one in small)


def test_no_run_speaks_for_or_against_an_image_that_is_not_named():
    wrong = {f"{A1}/{seed}": [2, 1, 1, 9] for seed in (0, 1)}
    for runs in (seven_runs(), seven_runs(**wrong)):
        table = results.seven_table(runs.frame, runs, 10)
        items = results.seven_evidence(table, 10, full_size=True)
        assert {judge(one.claim_id, items).verdict for one in items} == {"not testable"}


# --- facts


def test_the_answer_is_what_is_left_at_the_chosen_rates():
    paper = runs_of(IN_ORDER)
    chosen = {"sgd": [0.97, 0.98], "sgd_momentum": [0.5, 0.5], "adam": [0.975, 0.985],
              "adadelta": [0.969, 0.98]}  # fmt: skip
    facts = findings.answer(paper, tuned(chosen), results.gap_table(paper))
    # Three optimizers: momentum does not count.
    assert [row["gap"] for row in facts["gaps"]] == [
        *("SGD to Adam", "SGD to Adadelta", "Adam to Adadelta")
    ]
    before, after, paper_gaps = (
        [row[name] for row in facts["gaps"]]
        for name in ("before", "mean_difference", "paper")
    )
    assert before == pytest.approx([0.02, 0.03, 0.01])
    assert after == pytest.approx([0.005, -0.0005, -0.0055])
    assert paper_gaps == pytest.approx([0.0031, 0.0069, 0.0038])
    assert facts["fast"] == pytest.approx([-0.05, 0.08])
    assert facts["n"] == 2 and not facts["unknown"]
    # Of the same sign is the first alone, and a test has to tell it from none.
    p_holm = facts["gaps"][0]["p_holm"]
    assert facts["kept"] == (["SGD to Adam"] if p_holm < 0.05 else [])
    wide = {"sgd": [0.90, 0.91], "adam": [0.95, 0.96], "adadelta": [0.94, 0.95001]}
    facts = findings.answer(paper, tuned(wide), results.gap_table(paper))
    assert facts["kept"] == ["SGD to Adam", "SGD to Adadelta"]
    assert facts["lost"] == ["Adam to Adadelta"]
    one = {name: values[:1] for name, values in wide.items()}  # one seed: by the sign
    first = runs_of({name: values[:1] for name, values in IN_ORDER.items()})
    facts = findings.answer(first, tuned(one), results.gap_table(first))
    assert facts["kept"] == ["SGD to Adam", "SGD to Adadelta"]


def test_there_is_no_answer_where_runs_failed():
    same = {"sgd": [0.9], "adam": [0.9], "adadelta": [0.9]}
    paper = runs_of(IN_ORDER)
    lost = runs_of(IN_ORDER | {A2_FAST: [0.1, 0.9]})
    for runs, chosen in ((paper, same | {"adam": [0.1]}), (lost, same)):
        facts = findings.answer(runs, tuned(chosen), results.gap_table(runs))
        assert facts["unknown"]
        assert findings.tell("answer", **facts).startswith("**No answer.**")


def test_swap_weighs_the_rate_against_the_optimizer():
    best = design.best_rates(small_grid())
    val = pd.DataFrame({"system": [A1, A2, A3], "val_accuracy": [0.9, 0.97, 0.94]})
    facts = findings.swap(best, val)
    assert facts == pytest.approx(
        {"rate": 0.1, "tuning": 0.05, "swap": 0.04, "alike": 0.001}
    )


def test_ranking_has_the_papers_order_only_when_it_is_strict():
    ranked = findings.ranking({"sgd": 0.95, "adam": 0.97, "adadelta": 0.98})
    assert ranked["holds"]
    assert [(sign, name) for sign, name, _ in ranked["ranked"]] == [
        ("", "sgd"), (" < ", "adam"), (" < ", "adadelta"),
    ]  # fmt: skip
    equal = findings.ranking({"sgd": 0.1, "adam": 0.1 + 0.2, "adadelta": 0.3})
    assert not equal["holds"]  # equal, but for rounding
    assert " = " in [sign for sign, *_ in equal["ranked"]]
    printed_alike = findings.ranking({"sgd": 0.98828, "adam": 0.9883, "adadelta": 0.99})
    assert [sign for sign, *_ in printed_alike["ranked"]] == ["", " = ", " < "]
    assert not printed_alike["holds"]


def test_orders_take_adam_at_either_rate():
    frame = runs_of(IN_ORDER)
    orders = findings.orders(frame, tuned({m: [0.9] for m in METHODS}))
    assert [facts["holds"] for facts in orders.values()] == [True, False, False]
    assert orders["fast"]["ranked"][0][1:] == ("adam", pytest.approx(0.905))
    assert len(orders["chosen"]["ranked"]) == 4


def test_sensitivity_is_the_range_of_the_means_of_readings_that_learned():
    frame = pd.concat(
        [
            runs_of({A1: [0.96, 0.98], A3: [0.99, 0.99]}),
            runs_of({A1: [0.90, 0.92], A1_MOMENTUM: [0.98, 0.10]}, epochs=5),
        ]
    )
    sgd, adadelta = findings.sensitivity(frame)
    assert (sgd["readings"], sgd["failed"]) == (3, 1)
    assert (sgd["low"], sgd["high"]) == pytest.approx((0.91, 0.97))
    assert (adadelta["readings"], adadelta["low"]) == (1, pytest.approx(0.99))
