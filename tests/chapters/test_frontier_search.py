"""The search for the fewest errors: what is tried, what is chosen, the words for it."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from test_frontier import MNIST, PARAMS, runs_tried, said, values

from mnistlib.chapters.frontier import design, figures, findings, search
from mnistlib.chapters.frontier.design import ALL_FIRST, ALL_SECOND, FIRST
from mnistlib.runs import cases
from mnistlib.show import tables


def test_levels_that_help_are_put_together():
    frame = runs_tried(values(dropout_none=0.002, moves_none=0.001, moves_wider=0.003))
    levels = search.helped(frame)
    assert levels["dropout"] == "none"
    assert levels["moves"] == "wider"
    found = search.candidates({"dropout": "none", "moves": "wider"})
    assert found[ALL_FIRST] == {"dropout": 0.0} | design.INGREDIENTS["moves"]["wider"]
    assert found[FIRST] == {}
    assert search.candidates({}) == {FIRST: {}}
    alone = search.candidates({"dropout": "none"}, ["dropout: none", "moves: none"])
    assert list(alone) == [FIRST, ALL_FIRST, "moves: none"]  # dropout's is ALL_FIRST


def test_the_second_round_goes_on_from_the_best_beyond_chance():
    table = search.search_table(runs_tried(values(dropout_none=0.02, moves_none=0.01)))
    assert search.centre(table) == "dropout: none"
    assert search.centre(search.search_table(runs_tried(values()))) is None
    around = "elastic moves: none"
    tried = design.variants("bfloat16", around)
    names = list(tried)
    assert (names[0], names[-1]) == (design.SECOND, design.EXACT)
    assert around not in tried
    assert tried["elastic moves: as at first"] == {}
    assert tried["elastic moves: quartered"] == {"elastic": 0.35}
    assert tried["dropout: none"] == {"elastic": 0.0, "dropout": 0.0}
    assert tried[design.SECOND] == {"elastic": 0.0}
    assert tried[design.EXACT] == {"elastic": 0.0, "precision": "float32"}
    fields = [tuple(sorted(one.items())) for one in tried.values()]
    assert len(set(fields)) == len(fields)
    exact = runs_tried(values() | {design.EXACT: [0.999, 0.9991, 0.999]})
    assert search.centre(search.search_table(exact)) is None  # that is never chosen
    assert list(design.RATE_EDGES) == [
        edge(
            level["learning_rate"] for level in design.INGREDIENTS["largest rate"].values()
        )
        for edge in (min, max)
    ]


def test_all_that_helped_in_the_second_round_is_a_candidate():
    around = "elastic moves: none"
    found = search.candidates({}, [around], around, {})
    assert list(found) == [FIRST, around]  # nothing helped: the second recipe as it is
    found = search.candidates({}, [around], around, {"dropout": "none"})
    assert found[ALL_SECOND] == {"elastic": 0.0, "dropout": 0.0}
    other = {"elastic moves": "quartered", "dropout": "none"}
    found = search.candidates({}, [around], around, other)
    assert found[ALL_SECOND] == {"elastic": 0.35, "dropout": 0.0}
    back = {"elastic moves": design.AT_FIRST, "dropout": "none"}
    found = search.candidates({}, [around], around, back)
    assert found[ALL_SECOND] == {"dropout": 0.0}
    assert search.candidates({"moves": "none"}, [], None, {"moves": "none"}) == {
        FIRST: {},
        ALL_FIRST: design.INGREDIENTS["moves"]["none"],
    }


def test_last_bits_decide_no_tie():
    equal = [[0.9940, 0.9942, 0.9960], [0.9940, 0.9945, 0.9957], [0.9944, 0.9954, 0.9944]]
    assert len({pd.Series(one).mean() for one in equal}) == 3
    for first, second in permutations(equal, 2):
        both = runs_tried({FIRST: first, ALL_FIRST: second})
        assert search.chosen_recipe(both) == FIRST
        shapes = {key: [0.98, 0.9805, 0.981] for key in design.SHAPES}
        shapes |= {"kernels of 5": first, "padding same": second}
        frame = runs_tried(shapes).rename(columns={"variant": "shape"})
        assert search.finalists(frame.assign(parameters=1)) == [
            "padding same",
            "kernels of 5",
        ]


def test_a_recipe_without_an_ingredient_pays_nothing_for_it():
    around = "elastic moves: none"
    names = list(design.variants(centre=around))
    frame = runs_tried({name: [0.99 + i / 1e5, 0.991] for i, name in enumerate(names)})
    paid = search.paid_table(search.search_table(frame), 10_000)
    assert set(paid["ingredient"]) == set(design.PLAIN) - {"elastic moves"}


def test_runs_of_the_first_round_are_no_finding_of_the_second():
    around = "elastic moves: none"
    second = {key: [0.99, 0.9901, 0.9902] for key in design.variants(centre=around)}
    second |= {"elastic moves: as at first": [0.98, 0.9801, 0.9801]}
    second |= {"elastic moves: quartered": [0.97, 0.97, 0.9701]}
    table = search.search_table(runs_tried(second))
    first = search.search_table(runs_tried(values()))
    alone = search.search_table(runs_tried({FIRST: [0.99, 0.991]}))
    facts = findings.search_facts(
        [(first, {}), (table, {})], around, alone, {FIRST: {}}, FIRST
    )
    assert [row["variant"] for row in facts["rounds"][1]["sure"]] == [
        "elastic moves: quartered"
    ]


def test_levels_beyond_chance_are_confirmed_alone():
    given = values(dropout_none=0.02, moves_none=-0.02)
    assert search.beyond_chance(search.search_table(runs_tried(given))) == ["dropout: none"]
    given = {FIRST: [0.99, 0.991], ALL_FIRST: [0.98, 0.981], "moves: none": [0.991, 0.992]}
    assert search.chosen_recipe(runs_tried(given)) == "moves: none"


def test_a_level_that_is_better_by_less_than_a_standard_error_does_not_help():
    for better, found in ((0.5, {}), (1.5, {"dropout": "none"})):
        given = {name: [0.99, 0.991, 0.992] for name in design.variants()}
        given["moves: none"] = [0.988, 0.992, 0.989]  # all the spread that there is
        error = search.search_table(runs_tried(given))["error"].max()
        given["dropout: none"] = [x + better * error for x in given[FIRST]]
        assert search.helped(runs_tried(given)) == found, better
    one = {name: [0.99] for name in design.variants()} | {"dropout: none": [0.9901]}
    assert search.helped(runs_tried(one)) == {"dropout": "none"}  # no spread is known


def test_a_tie_stays_with_the_recipe():
    same = {name: [0.99, 0.991, 0.992] for name in design.variants()}
    assert search.helped(runs_tried(same)) == {}
    both = runs_tried({FIRST: [0.99, 0.99], ALL_FIRST: [0.99, 0.99]})
    assert search.chosen_recipe(both) == FIRST
    assert search.chosen_recipe(both[both["variant"] == FIRST]) == FIRST
    better = runs_tried({FIRST: [0.99, 0.99], ALL_FIRST: [0.99, 0.991]})
    assert search.chosen_recipe(better) == ALL_FIRST


def test_a_variant_with_a_failed_run_is_not_chosen():
    given = values(dropout_none=0.005)
    given["dropout: none"][0] = 0.1
    assert search.helped(runs_tried(given)).get("dropout") != "none"
    lost = runs_tried({FIRST: [0.99, 0.99], ALL_FIRST: [0.999, 0.1]})
    assert search.chosen_recipe(lost) == FIRST


def test_a_round_is_tested_against_its_recipe():
    table = search.search_table(runs_tried(values(moves_none=-0.01))).set_index("variant")
    assert np.isnan(table.at[FIRST, "p"])
    row = table.loc["moves: none"]
    assert row["p_holm"] < 0.001
    assert row["mean_difference"] == pytest.approx(-0.01, abs=5e-4)
    assert row["images"] == pytest.approx(10_000 * row["mean_difference"])


def test_the_search_in_words():
    around = "dropout: none"
    first = search.search_table(runs_tried(values(dropout_none=0.02, moves_none=-0.01)))
    given = {design.SECOND: [0.99, 0.9901, 0.99], "moves: none": [0.99, 0.99, 0.9902]}
    second = search.search_table(runs_tried(given))
    back = f"dropout: {design.AT_FIRST}"
    rounds = [(first, {"dropout": "none"}), (second, {})]
    found = search.candidates({"dropout": "none"}, [around], around, {"moves": "none"})
    assert list(found) == [FIRST, ALL_FIRST, ALL_SECOND]
    three = {FIRST: [0.99, 0.991, 0.99], ALL_FIRST: [0.993, 0.994, 0.994]}
    again = search.search_table(runs_tried(three | {ALL_SECOND: [0.992, 0.991, 0.991]}))

    def told(*facts) -> str:
        return " ".join(said("search", **findings.search_facts(*facts)).split())

    text = told(rounds, around, again, found, ALL_FIRST)
    assert text.startswith(
        "In the first round of the search *dropout: none* is better than the first recipe "
        "by more than the standard error of such a difference. Beyond chance"
    )
    assert "are *moves: none*, −1.0" in text and "; *dropout: none*, +2.0" in text
    assert "The second round goes on from *dropout: none*: there no level is better" in text
    assert "Of 1 comparison none is beyond chance" in text
    worse = search.search_table(runs_tried(given | {back: [0.95, 0.95, 0.9502]}))
    seen = told([rounds[0], (worse, {})], around, again, found, ALL_FIRST)
    assert "Of 2 comparisons 1 is beyond chance (p < 0.05 after Holm's correction)" in seen
    assert f"which the first round had shown: *{back}*. " in seen
    assert (
        "3 fresh seeds, *all that helped in the first round* has the best mean of "
        "3 candidates, 99.367 %, and is taken; next comes *all that helped in the second "
        "round* with 99.133 %. Against the first recipe it gains +0.33 (" in text
    )
    assert "a better one may lie beyond" not in text
    kept = told(rounds, around, again, found, FIRST)
    assert "Against the first" not in kept
    edge = found | {ALL_FIRST: {"learning_rate": 0.001}}
    text = told(rounds, around, again, edge, ALL_FIRST)
    assert text.endswith(
        "Its rate is the lowest that was tried: a better one may lie beyond."
    )
    one = search.search_table(runs_tried({name: [0.99] for name in design.variants()}))
    alone = search.search_table(runs_tried({FIRST: [0.99]}))
    assert told([(one, {})] * 2, None, alone, {FIRST: {}}, FIRST) == (
        "In the first round of the search no level is better than that of the first "
        "recipe. With 1 seed no difference can be tested. The first recipe has no rival, "
        "and is taken."
    )


def test_what_an_ingredient_gains_and_costs():
    given = values(elastic_moves_none=-0.002, averaged_weights_none=0.001)
    frame = runs_tried(given)
    quick = frame["variant"] == "elastic moves: none"
    frame.loc[quick, "quickest_seconds"] = 30.0
    table = search.paid_table(search.search_table(frame), 10_000)
    table = table.set_index("ingredient")
    assert set(table.index) == set(design.PLAIN) <= set(design.INGREDIENTS)
    row = table.loc["elastic moves"]
    assert row["gained"] == pytest.approx(20, abs=5)
    assert row["low"] < row["gained"] < row["high"]
    assert row["minutes"] == pytest.approx(0.5)
    assert row["rate"] == pytest.approx(row["gained"] / 0.5)
    assert np.isnan(table.at["averaged weights", "rate"])
    frame.loc[quick, "quickest_seconds"] = 59.0  # no shorter than runs differ anyway
    level = search.paid_table(search.search_table(frame), 10_000)
    assert level.set_index("ingredient").at["elastic moves", "rate"] == np.inf
    assert [search.PAID_COLUMNS[-1].format(x) for x in (np.nan, np.inf, 40.0)] == [
        tables.MISSING,
        "costs no time",
        "40.0",
    ]


def test_numbers_of_32_bits_are_tried_beside_16_and_never_chosen():
    assert design.searched(PARAMS, MNIST)["precision"] == "bfloat16"
    assert design.EXACT not in design.variants()
    tried = design.variants("bfloat16")
    assert set(tried) - set(design.variants()) == {design.EXACT}
    (plain, exact) = cases(
        design.searched(PARAMS, MNIST),
        variant={name: tried[name] for name in (FIRST, design.EXACT)},
        seed=[100],
    )
    assert (plain.spec.precision, exact.spec.precision) == ("bfloat16", "float32")
    frame = runs_tried(values() | {design.EXACT: [0.999, 0.9991, 0.999]})
    assert "numbers" not in search.helped(frame)
    frame.loc[frame["variant"] == design.EXACT, "quickest_seconds"] = 90.0
    paid = search.paid_table(search.search_table(frame), 10_000).set_index("ingredient")
    row = paid.loc["numbers of 16 bits"]
    assert row["gained"] == pytest.approx(-90, abs=5)
    assert row["minutes"] == pytest.approx(-0.5)
    assert np.isnan(row["rate"])
    shared, networks, *_ = design.papers(PARAMS, MNIST)
    assert not any("precision" in fields for fields in (shared, *networks.values()))


def test_plain_levels_are_levels():
    assert all(level in design.INGREDIENTS[name] for name, level in design.PLAIN.items())


def test_the_finalists_are_the_best_on_validation():
    names = list(design.SHAPES)
    frame = runs_tried({name: [0.99 + 0.001 * i] * 2 for i, name in enumerate(names)})
    frame = frame.rename(columns={"variant": "shape"}).assign(parameters=1000)
    assert search.finalists(frame) == names[:-3:-1]
    frame.loc[frame["shape"] == names[-1], "val_accuracy"] = [0.9999, 0.1]
    assert search.finalists(frame) == names[-2:-4:-1]


def test_of_networks_with_one_mean_the_cheaper_goes_first():
    given = {name: [0.98, 0.9805] for name in design.SHAPES}
    given |= {"kernels of 5": [0.99, 0.991], "three convolutions a stage": [0.991, 0.99]}
    given["padding same"] = [0.95, 0.95]
    frame = runs_tried(given).rename(columns={"variant": "shape"}).assign(parameters=1000)
    table = search.shape_table(frame)
    assert search.finalists(frame) == ["three convolutions a stage", "kernels of 5"]
    assert table.loc[0, "macs"] < table.loc[1, "macs"]
    assert table["place"].tolist() == [1, 2, 3, 4, 5]
    assert table.iloc[-1]["shape"] == "padding same"  # the cheapest, and worse


def test_networks_in_words():
    names = list(design.SHAPES)
    wobble = np.random.default_rng(2).normal(0.99, 1e-4, (5, 3))
    frame = runs_tried(dict(zip(names, wobble.tolist(), strict=True)))
    frame.loc[frame["variant"] == names[-1], "val_accuracy"] += 0.005
    frame = frame.rename(columns={"variant": "shape"}).assign(parameters=1000)
    text = said("shapes", **findings.shape_facts(search.shape_table(frame)))
    assert f"*{names[-1]}* is first on validation" in text
    assert "Told apart from *32 filters* beyond chance (p < 0.05 after Holm" in text
    assert f"correction) is *{names[-1]}*, +0.5" in text
    alike = frame.assign(val_accuracy=wobble.ravel())
    text = said("shapes", **findings.shape_facts(search.shape_table(alike)))
    assert "None is told apart from *32 filters*" in text
    assert "may be one of chance. These seeds find" in text
    single = search.shape_table(frame[frame["seed"] == 0])
    assert "No difference between them can be tested" in said(
        "shapes", **findings.shape_facts(single)
    )


def test_the_chosen_recipe_stands_beside_the_first():
    start = design.confirming(PARAMS, MNIST)
    chosen = {"elastic": 0.35, "dropout": 0.0, "schedule": "warmup_cosine"}
    table = search.chosen_table(start, chosen).set_index("ingredient")
    assert table.loc["dropout"].tolist() == ["0.3", "0"]
    assert table.loc["schedule"].tolist() == ["triangle", "warm-up and cosine"]
    assert table.loc["elastic moves, standard deviation in pixels"].tolist() == [
        "1.4",
        "0.35",
    ]
    assert table.at["averaged weights", "first"] == "yes"
    none = design.INGREDIENTS["averaged weights"]["none"]
    after = search.chosen_table(start, none).set_index("ingredient")
    assert after.at["averaged weights", "chosen"] == "no"


def test_figures_are_drawn_of_little():
    table = search.search_table(runs_tried(values()))
    figure = figures.ingredients_figure(table)
    assert len(figure.axes[0].get_yticklabels()) == len(design.variants()) - 1
    one = runs_tried({name: [0.5] for name in design.variants()})
    assert figures.ingredients_figure(search.search_table(one)).axes
