"""What batch normalisation and scaling change: the facts behind the sentences."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mnistlib.chapters.batch_norm.design import CONTROL, MOMENTUM, NORMALISED, pixels
from mnistlib.claims.evidence import Printed
from mnistlib.show import prose
from mnistlib.show.reproduction import AHMAREEN, is_full_size, placed
from mnistlib.show.style import label
from mnistlib.show.tables import THIN_SPACE, points
from mnistlib.show.words import number_of, power_sentence

KEPT = 0.99  # Keras's momentum: the weight of the old running statistics in each step
say = partial(prose.say, __file__)


def is_papers_size(params, dataset: str) -> bool:
    """Tell whether the tested runs are as large as we take the paper's to be."""
    return is_full_size(params, dataset, **AHMAREEN)


def warm_up(n_train: int, epochs: int, batch_size: int) -> dict[str, Any]:
    """Return how far the running statistics have come at the end of a run.

    Batch normalisation classifies with running averages, which start at 0 and 1 and keep
    0.99 of their value in each step.

    Args:
        n_train: images trained on in an epoch.
        epochs: of the run.
        batch_size: images per step.

    Returns:
        steps; left, the share of their first values that they still hold.
    """
    steps = epochs * -(-n_train // batch_size)
    return {"steps": steps, "left": KEPT**steps}


def scaling(outcomes: pd.DataFrame) -> dict[str, Any]:
    """Return what the scaling of pixels changes, without and with batch normalisation.

    Args:
        outcomes: from `results.outcomes`.

    Returns:
        hosts, for each, unless there is one scaling only: model; without, and least and
        most with it (of both placements): the gap between the best and the worst scaling,
        each at its best rate; factor and factor_with (a list), likewise how far the best
        rates of unscaled and scaled pixels are apart, where both were tried. scaled: the
        name of the scaling that unscaled pixels are held against. edge: whether a best
        rate of either is the lowest or the highest that was tried.
    """
    names = list(dict.fromkeys(outcomes["scaling"]))
    scaled = "unit" if "unit" in names else next(iter(set(names) - {"none"}), None)
    hosts = []
    for model, part in outcomes.groupby("model", sort=False):
        best = part.pivot(index="scaling", columns="batch_norm", values="best")
        gaps = best.max() - best.min()
        ends = {"least": gaps[NORMALISED].min(), "most": gaps[NORMALISED].max()}
        host = {"model": model, "without": gaps[CONTROL]} | ends
        if "none" in names and scaled:
            rates = part.pivot(index="scaling", columns="batch_norm", values="best_rate")
            apart = 10 ** np.log10(rates.loc[scaled] / rates.loc["none"]).abs()
            host |= {"factor": apart[CONTROL], "factor_with": list(apart[NORMALISED])}
        hosts.append(host)
    held = outcomes[outcomes["scaling"].isin(["none", scaled])]
    return {
        "hosts": hosts if len(names) > 1 else [],
        "scaled": scaled and pixels(scaled),
        "edge": bool(held["edge"].isin(["lowest", "highest", "only"]).any()),
    }


def unscaled(outcomes: pd.DataFrame) -> list[dict[str, int]]:
    """Count how runs on pixels of 0 to 255 ended, without and with batch normalisation.

    Args:
        outcomes: from `results.outcomes`.

    Returns:
        diverged, stuck, failed (both) and runs, without and with; empty when all pixels
        were scaled.
    """
    raw = outcomes[outcomes["scaling"] == "none"]
    raw = raw.assign(failed=raw["diverged"] + raw["stuck"])
    sides = raw.groupby(raw["batch_norm"] != CONTROL)
    return sides[["diverged", "stuck", "failed", "runs"]].sum().to_dict("records")


def gains(table: pd.DataFrame) -> dict[str, Any]:
    """Return where batch normalisation helped.

    Args:
        table: from `results.gains`, or rows of `results.final_tests`.

    Returns:
        n, comparisons without failed runs; raised of them; least, most (differences);
        tested; apart of these with p < 0.05 after Holm's correction, and losses among
        them; power, a sentence; lost, comparisons with failed runs.
    """
    sound = table.dropna(subset="mean_difference")
    apart = sound.loc[sound["p_holm"] < 0.05, "mean_difference"]
    return {
        "n": len(sound),
        "raised": int((sound["mean_difference"] > 0).sum()),
        "least": sound["mean_difference"].min(),
        "most": sound["mean_difference"].max(),
        "tested": int(sound["p"].notna().sum()),
        "apart": len(apart),
        "losses": int((apart < 0).sum()),
        "power": power_sentence(sound),
        "lost": len(table) - len(sound),
    }


def one_sided(gains: pd.DataFrame) -> dict[str, int]:
    """Count comparisons whose failed runs are all on one side: only_without, only_with.

    Args:
        gains: from `results.gains`.
    """
    without, with_it = gains["failed_without"] > 0, gains["failed_with"] > 0
    return {
        "only_without": int((without & ~with_it).sum()),
        "only_with": int((with_it & ~without).sum()),
    }


def medians(gains: pd.DataFrame) -> list[str]:
    """Return the median gain in points of each host and scaling, as texts.

    Args:
        gains: from `results.gains`.
    """
    sound = gains.dropna(subset="mean_difference")
    by = sound.groupby(["model", "scaling"], sort=False)["mean_difference"]
    return [
        f"{points(of['median'])} ({label(model)}, {pixels(scaling)}; "
        f"{number_of(int(of['size']), 'comparison')})"
        for (model, scaling), of in by.agg(["median", "size"]).iterrows()
    ]


def gains_by_pixels(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the facts on gains of scaled pixels, and apart from them of 0 to 255.

    On pixels of 0 to 255 the networks without batch normalisation learn at small rates,
    which are merely slow with it: a summary over both would be of those rates.

    Args:
        table: from `results.gains`, corrected over all of its rows.

    Returns:
        For each of the two that is there: what `gains`, `one_sided` and `medians` return;
        pixels, in words; rates, of the comparisons; alone, the rates at which runs failed
        without batch normalisation only, and low and high of the mean accuracies with it
        there.
    """
    facts = []
    for raw, part in table.groupby(table["scaling"] == "none"):
        sound = part.dropna(subset="mean_difference")
        alone = part[(part["failed_without"] > 0) & (part["failed_with"] == 0)]
        facts.append(
            gains(part)
            | one_sided(part)
            | {
                "pixels": "pixels of 0 to 255" if raw else "scaled pixels",
                "medians": medians(part),
                "rates": sorted(set(sound["learning_rate"])),
                "alone": sorted(set(alone["learning_rate"])),
                "low": alone["mean_with"].min(),
                "high": alone["mean_with"].max(),
            }
        )
    return facts


def placements(gains: pd.DataFrame) -> dict[str, Any]:
    """Return which placement did better, condition by condition.

    Args:
        gains: from `results.gains`.

    Returns:
        n, conditions in which no run of either failed; better and worse of them, for after
        the activation; median, of the differences of after and before.
    """
    learned = gains["mean_with"].mask(gains["failed_with"] > 0)
    wide = gains.assign(learned=learned).pivot(
        index=["model", "scaling", "learning_rate"], columns="batch_norm", values="learned"
    )
    before, after = (wide[placement] for placement in NORMALISED)
    gap = (after - before).dropna()
    moved = gap.round(9)  # the last bits of a mean make no difference
    return {
        "n": len(gap),
        "better": int((moved > 0).sum()),
        "worse": int((moved < 0).sum()),
        "median": gap.median(),
    }


def places(readings: list[Printed]) -> dict[str, Any]:
    """Return for how many of our networks a number of the paper could be one more run.

    Args:
        readings: of one printed number.

    Returns:
        printed (text, without unit); sized, whether the runs are of the paper's size; n,
        how many readings judge it; inside, above, below: where it lies.
    """
    judged = [placed(one) for one in readings if placed(one)]
    return {
        "printed": readings[0].text,
        "sized": readings[0].paper_sized,
        "n": len(judged),
    } | {name: judged.count(name) for name in ("inside", "above", "below")}


def printed(readings: list[Printed], params) -> dict[str, Any]:
    """Return for how many of our networks the paper's accuracy could be one more run.

    Args:
        readings: of the printed test accuracy.
        params: `mnistlib.chapters.batch_norm.params.Params`.

    Returns:
        What `places` returns, with printed in percent; epochs, batch_size; momentum, of the
        readings that were added, later, how many of them judge, and later_inside, how many
        hold it; best: the system of the highest mean, with mean, low and high (fractions).
    """
    later = [placed(one) for one in readings if f", {MOMENTUM} " in one.system]
    best = max(readings, key=lambda one: one.mean[0])
    low, high = (float(end[0]) / 100 for end in best.one_run)
    return places(readings) | {
        "printed": f"{best.text}{THIN_SPACE}%",
        "epochs": params.epochs,
        "batch_size": params.batch_size,
        "momentum": params.other_momentum,
        "later": len(later) - later.count(""),
        "later_inside": later.count("inside"),
        "best": best.system,
        "mean": float(best.mean[0]) / 100,
        "low": low,
        "high": high,
    }
