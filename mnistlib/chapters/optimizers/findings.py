"""What the optimizer comparison found, in sentences whose words follow from the numbers."""

import math
from itertools import pairwise

import pandas as pd
from scipy import stats

from mnistlib.chapters.optimizers.design import A1, A2, A2_FAST, A3
from mnistlib.claims.evidence import Printed
from mnistlib.data.datasets import describe
from mnistlib.show.reproduction import headline_row, is_full_size
from mnistlib.show.style import label
from mnistlib.show.tables import count, number, percent, points
from mnistlib.show.words import join, number_of, p_text, power_sentence
from mnistlib.stats.intervals import LEARNED_FROM

_PAPER_ORDER = ("sgd", "adam", "adadelta")


def protocol(params, dataset) -> str:
    """Return in words what each reported run was trained and tested on."""
    n_train = params.n_train or len(dataset.y_train)
    n_test = params.n_test or len(dataset.y_test)
    return (
        f"{count(n_train)} of {count(len(dataset.y_train))} training images of "
        f"{describe(dataset)['title']}, "
        f"{number_of(params.epochs, 'epoch')}, batches of {params.batch_size}, "
        f"{number_of(len(params.seeds), 'seed')}, {count(n_test)} test images"
    )


def seed_reach(frame: pd.DataFrame) -> dict[str, float]:
    """Return how far two single runs of one system differ, by their seeds alone.

    With the systems' variances over seeds averaged (s squared, k degrees of freedom), two
    runs differ by less than ``t(0.975, k) sqrt(2) s`` in 95 of 100 cases.

    Args:
        frame: a row a run, the same seeds for every system.

    Returns:
        dict of std (s, a fraction), degrees (k), reach; NaN with one seed.
    """
    runs = frame.groupby("system")["test_accuracy"]
    std = math.sqrt(runs.var(ddof=1).mean())
    degrees = int((runs.count() - 1).sum())
    reach = stats.t.ppf(0.975, degrees) * math.sqrt(2) * std if degrees else math.nan
    return {"std": std, "degrees": degrees, "reach": float(reach)}


def _below(a: float, b: float) -> bool:
    """Tell whether a < b by more than the rounding of a mean."""
    return b - a > 1e-9


def order_holds(means) -> bool:
    """Tell whether accuracies rise strictly, in the order given."""
    return all(_below(a, b) for a, b in pairwise(means))


def _ranking(means: dict[str, float]) -> str:
    """Return "SGD 92.10 % < Adam 96.25 %", from the lowest to the highest."""
    ranked = sorted(means, key=means.get)
    text = f"{label(ranked[0])} {percent(means[ranked[0]])}"
    for before, name in pairwise(ranked):
        sign = "<" if _below(means[before], means[name]) else "="
        text += f" {sign} {label(name)} {percent(means[name])}"
    return text


def _verdict(means: dict[str, float]) -> str:
    holds = order_holds(means[method] for method in _PAPER_ORDER)
    return "the paper's order **holds**" if holds else "the paper's order **does not hold**"


def order_sentences(paper: pd.DataFrame, tuned: pd.DataFrame) -> list[str]:
    """Say whether SGD < Adam < Adadelta at the paper's rates, and at the chosen ones.

    Args:
        paper: rows of the runs of the paper's systems, all training images.
        tuned: rows of the runs at the chosen rates; the system is the method.
    """
    means = paper.groupby("system", sort=False)["test_accuracy"].mean()
    sentences = []
    for adam, rate in ((A2, "Keras's default, 0.001"), (A2_FAST, "0.01, as for SGD")):
        named = dict(zip(_PAPER_ORDER, means[[A1.name, adam.name, A3.name]], strict=True))
        sentences.append(
            f"At the paper's rates, with Adam at {rate}, the means over seeds are ordered "
            f"{_ranking(named)}: in these means {_verdict(named)}."
        )
    found = tuned.groupby("system", sort=False)["test_accuracy"].mean().to_dict()
    sentences.append(
        "With each rate chosen on validation images, they are ordered "
        f"{_ranking(found)}: in these means {_verdict(found)}."
    )
    return sentences


def pair_sentence(pairs: pd.DataFrame) -> str:
    """Say how many pairs of tuned optimizers the comparison over seeds tells apart."""
    tested = int(pairs["p_holm"].notna().sum())
    if not tested:
        return (
            "Differences between the tuned optimizers cannot be tested over seeds: that "
            "needs two seeds or more whose differences vary, and no failed runs."
        )
    apart = pairs[pairs["p_holm"] < 0.05]
    text = (
        f"Of {number_of(tested, 'pair')} of tuned optimizers, {len(apart)} "
        f"{'differs' if len(apart) == 1 else 'differ'} in test accuracy over seeds "
        "(p < 0.05 after Holm's correction)"
    )
    details = [
        f"{label(row.a)} {'above' if row.mean_difference > 0 else 'below'} {label(row.b)} "
        f"by {100 * abs(row.mean_difference):.2f} points ({abs(row.images):.0f} images)"
        for row in apart.itertuples()
    ]
    text += f": {'; '.join(details)}." if details else "."
    return f"{text} {power_sentence(pairs)}"


def confounding_sentence(best: pd.DataFrame, paper: pd.DataFrame) -> str:
    """Compare what tuning SGD's rate gains with what changing the optimizer gains.

    Args:
        best: from `optimizers.best_rates`.
        paper: rows of the paper's systems with validation images held out.
    """
    means = paper.groupby("system")["val_accuracy"].mean()
    tuned = best.set_index("method")
    tuning = tuned.at["sgd", "mean"] - means[A1.name]
    swap = means[A3.name] - means[A1.name]
    share = "at least as much as" if tuning >= swap else "less than"
    return (
        f"On the validation images, moving plain SGD from the paper's rate to "
        f"{tuned.at['sgd', 'learning_rate']:g} changes accuracy by {points(tuning)} "
        f"points, {share} the {points(swap)} points between the paper's SGD and its "
        "Adadelta. With every rate chosen alike, the best and the worst of the optimizers "
        f"are {100 * (best['mean'].max() - best['mean'].min()):.2f} points apart."
    )


def grid_sentences(best: pd.DataFrame) -> list[str]:
    """Say which chosen rates lie at the edge of the grid, and how many runs failed."""
    edges = best[best["edge"] != ""]
    names = [f"{label(row.method)} ({row.edge} rate)" for row in edges.itertuples()]
    trials, diverged = int(best["trials"].sum()), int(best["diverged"].sum())
    stuck = int(best["stuck"].sum())
    return [
        f"**Best at the edge of the grid: {'; '.join(names)}. Widen it** before trusting "
        "the choice."
        if names
        else "Every chosen rate lies inside its grid, not at the edge.",
        f"Of {count(trials)} runs of the grid, {diverged} diverged (the loss stopped being "
        f"finite), and {stuck} more got stuck (validation accuracy below "
        f"{percent(LEARNED_FROM, 0)}).",
    ]


def _pair(row) -> str:
    """Return "A1 to A2" for a row of `results.gap_table`."""
    return f"{row.b.split(',')[0]} to {row.a.split(',')[0]}"


def gap_sentence(gaps: pd.DataFrame) -> str:
    """Say which of our gaps between the paper's systems are more than the seeds' luck."""
    apart = [_pair(row) for row in gaps[gaps["p_holm"] < 0.05].itertuples()]
    tested = int(gaps["p_holm"].notna().sum())
    if not tested:
        return (
            "These gaps cannot be tested over seeds: that needs two seeds or more, and no "
            "failed runs."
        )
    return (
        f"Of our {number_of(tested, 'gap')} at the paper's rates, {len(apart)} "
        f"{'differs' if len(apart) == 1 else 'differ'} from zero over seeds "
        f"(p < 0.05 after Holm's correction)"
        f"{': ' + join(apart) if apart else ''}. {power_sentence(gaps)}"
    )


def noise_sentences(gaps: pd.DataFrame, reach: dict, params, dataset: str) -> list[str]:
    """Say what the spread over seeds means for gaps of the paper's size.

    A spread belongs to its size of run: it is held against the paper's gaps only where all
    of MNIST was used.

    Args:
        gaps: from `results.gap_table`.
        reach: from `seed_reach`.
        params: `mnistlib.chapters.optimizers.params.Params`.
        dataset: "mnist" or "digits".
    """
    printed = "; ".join(
        f"{_pair(row)} {points(row.paper)} points, {p_text(row.paper_p)}"
        for row in gaps.itertuples()
    )
    sentences = [
        f"Taken at face value, one run each, the paper's gaps are: {printed} (unpaired, "
        "test sampling only)."
    ]
    if math.isnan(reach["reach"]):
        return [*sentences, "One seed says nothing about the spread over seeds."]
    sentences.append(
        f"Over our {number_of(len(params.seeds), 'seed')} test accuracy has a standard "
        f"deviation of {number(100 * reach['std'])} points (A1 to A3 pooled, at this size "
        "of run): two single runs of one and the same system may differ by "
        f"{number(100 * reach['reach'])} points (95 %)."
    )
    if not is_full_size(params, dataset):
        sentences[-1] += " That is no measure of the paper's longer runs."
        return sentences
    inside = [_pair(row) for row in gaps.itertuples() if abs(row.paper) <= reach["reach"]]
    sentences.append(
        f"Of the paper's gaps, {join(inside)} {'is' if len(inside) == 1 else 'are'} no "
        "larger: one run of each system cannot tell such a gap from luck."
        if inside
        else "Each of the paper's gaps is larger than that."
    )
    return sentences


def headline_rows(frame: pd.DataFrame, params, dataset) -> list[dict]:
    """Return the rows that `report.headline` stores: A1, A2 (0.001) and A3."""
    text = f"Base CNN of our choice, {protocol(params, dataset)}."
    rows = []
    for system in (A1, A2, A3):
        runs = frame[frame["system"] == system.name]
        values, n_test = 100 * runs["test_accuracy"], int(runs["n_examples"].iloc[0])
        rows.append(
            headline_row(
                Printed(system.claims[0], system.name, list(values), n_test=n_test),
                "test accuracy",
                text,
            )
        )
    return rows
