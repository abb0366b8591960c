"""What the family of networks shows, in sentences made from its numbers."""

import pandas as pd

from mnistlib.chapters.complex_cnn.design import REFERENCE
from mnistlib.show import tables
from mnistlib.show.tables import points
from mnistlib.show.words import join, number_of, power_sentence

CLOSE = 0.005  # half a percentage point: "nearly as accurate" in `pareto_finding`


def effect_finding(effects: pd.DataFrame) -> str:
    """Say which changes of the reference helped and which harmed.

    Args:
        effects: from `effect_table`.
    """
    changes = effects[effects["network"] != REFERENCE]
    best = changes.loc[changes["mean_difference"].idxmax()]
    worst = changes.loc[changes["mean_difference"].idxmin()]
    gain = "The largest gain" if best["mean_difference"] > 0 else "The smallest loss"
    loss = "the largest loss" if worst["mean_difference"] < 0 else "the smallest gain"
    text = (
        f"Of {number_of(len(changes), 'change')} of the reference network "
        f"({tables.percent(effects['mean'].iloc[0])} of the validation images right), "
        f"{int((changes['mean_difference'] > 0).sum())} raised the mean accuracy. {gain} "
        f"came from *{best['network']}* ({points(best['mean_difference'])} points), {loss} "
        f"from *{worst['network']}* ({points(worst['mean_difference'])} points)."
    )
    counts = effects["parameters"]
    text += (
        f" A change of one factor also changes the number of parameters, here from "
        f"{tables.count(counts.min())} to {tables.count(counts.max())}: the two are not "
        "told apart."
    )
    if effects["p_holm"].isna().all():
        return f"{text} Nothing could be tested: that needs two seeds or more."
    apart = changes[changes["p_holm"] < 0.05]
    return (
        f"{text} After Holm's correction p < 0.05 for {_names(apart)}. "
        f"{power_sentence(effects)}"
    )


def _names(changes: pd.DataFrame) -> str:
    return join([f"*{name}*" for name in changes["network"]])


def depth_finding(grid: pd.DataFrame) -> str:
    """Say how depth and width act together.

    Args:
        grid: mean validation accuracy, from `depth_by_width`.
    """
    if min(grid.shape) < 2:
        return "One depth or one width: nothing to cross."
    deepest = {width: int(column.idxmax()) for width, column in grid.items()}
    stages = [f"{number_of(n, 'stage')} at width {width}" for width, n in deepest.items()]
    widest = max(grid.columns)
    wider = int((grid.idxmax(axis=1) == widest).sum())
    return (
        f"The best depth was {join(stages)}. The widest networks were the best at "
        f"{wider} of {number_of(len(grid), 'depth')}."
    )


def pareto_finding(table: pd.DataFrame, network: str = "complex CNN") -> str:
    """Say where a network stands between accuracy and cost.

    Args:
        table: from `with_residual_interval` of `network_table`.
        network: whose place is told.
    """
    ranked = table.sort_values("mean", ascending=False, kind="stable")
    place = list(ranked["network"]).index(network) + 1
    own = table.set_index("network").loc[network]
    cheaper = table[(table["mean"] >= own["mean"]) & (table["macs"] < own["macs"])]
    text = (
        f"The {network} ranks {place} of {len(table)} by mean validation accuracy "
        f"({tables.percent(own['mean'])})"
    )
    if cheaper.empty:
        text += "; no network with fewer multiply-accumulates is as accurate. "
    else:
        least = cheaper.loc[cheaper["macs"].idxmin()]
        share = 100 * least["macs"] / own["macs"]
        text += (
            f"; *{least['network']}* is at least as accurate with {share:.0f}"
            f"{tables.THIN_SPACE}% of its multiply-accumulates. "
        )
    close = table[table["mean"] >= table["mean"].max() - CLOSE]
    lean, light = (close.loc[close[cost].idxmin()] for cost in ("macs", "parameters"))
    top = ranked.iloc[0]
    # Two means differ by sqrt(2) times the half width of one, if their intervals are alike.
    apart = 100 * (table["fair_high"] - table["fair_low"]).max() / 2**0.5
    if pd.notna(apart):
        text += (
            f"Means less than {apart:.2f} points apart may change places with other seeds, "
            "and the front with them. "
        )
    return text + (
        f"The best is *{top['network']}* ({tables.percent(top['mean'])}). Within "
        f"{100 * CLOSE:g} points of it, the fewest multiply-accumulates are those of "
        f"*{lean['network']}* ({lean['macs']:,}, {_share(top, lean, 'macs')}), "
        f"and the fewest parameters those of *{light['network']}* "
        f"({light['parameters']:,}, {_share(top, light, 'parameters')})."
    )


def _share(top, other, cost: str) -> str:
    if top["network"] == other["network"]:
        return "the same network"
    return f"{100 * other[cost] / top[cost]:.0f}{tables.THIN_SPACE}% of the best's"


def image_finding(read: pd.DataFrame, index: int, digit: int) -> str:
    """Say how the runs read one test image.

    Args:
        read: from `mnistlib.show.reproduction.read_image`.
        index: row of the image in the data set's test part.
        digit: its label.
    """
    if read.empty:
        return (
            f"Test image {index} is not among the test images of these runs. Set `n_test` "
            "to `None` to use all."
        )
    right = int(read["right"].sum())
    text = f"Test image {index} is a {digit}. {right} of {number_of(len(read), 'run')} "
    text += "read" + ("s" if right == 1 else "") + " it so."
    wrong = read.loc[~read["right"], "predicted"]
    if len(wrong):
        other = "other" if len(wrong) == 1 else "others"
        text += f" The {other} read {join(sorted(set(wrong)))}."
    return f"{text} One image is no measure of a network."
