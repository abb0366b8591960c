"""Choose a setting by validation: one rule for every chapter."""

import pandas as pd

from mnistlib.stats.intervals import learned, summarise


def select(
    frame: pd.DataFrame,
    by: list[str],
    setting: list[str],
    prefer: tuple[str, ...] = ("learning_rate",),
    value: str = "val_accuracy",
    rate: str = "learning_rate",
) -> pd.DataFrame:
    """Choose a setting for each group: fewest diverged, best mean, ties to the simpler.

    Args:
        frame: a row per run of a grid: the columns below, and status.
        by: columns of a group; one setting is chosen for each.
        setting: columns that are chosen together.
        prefer: columns of the setting of which the smaller is the simpler one; default the
            learning rate. What is still equal goes to the first in the frame.
        value: column of the validation accuracy; default "val_accuracy".
        rate: the setting's column whose edges are flagged; default "learning_rate".

    Returns:
        DataFrame, a row per group in order of first appearance: by, setting, the columns
        of `settings` at the chosen setting; edge: "lowest", "highest" or "only" when the
        chosen rate lies at the edge of those tried with the rest of the setting, else "".
    """
    table = settings(frame, [*by, *setting], value)
    ranked = table.sort_values(
        ["diverged", "mean", *prefer],
        ascending=[True, False, *(True for _ in prefer)],
        kind="stable",
    )
    chosen = ranked.head(1)
    if by:
        chosen = frame[by].drop_duplicates().merge(ranked.drop_duplicates(by), on=by)
    if rate in setting:
        rest = [*by, *(name for name in setting if name != rate)]
        edges = [_edge(row, table, rest, rate) for row in chosen.to_dict("records")]
        chosen = chosen.assign(edge=edges)
    return chosen.reset_index(drop=True)


def settings(frame: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    """Summarise every setting of a grid.

    Returns:
        DataFrame: the columns of `summarise`; diverged and stuck (other runs that did not
        `learned`); median (of the runs that learned; NaN where none did).
    """
    good, diverged = learned(frame, value), frame["status"] == "diverged"
    counted = frame.assign(
        diverged=diverged, stuck=~diverged & ~good, median=frame[value].where(good)
    )
    more = counted.groupby(by, sort=False, dropna=False, as_index=False).agg(
        {"diverged": "sum", "stuck": "sum", "median": "median"}
    )
    return summarise(frame, by, value).assign(**more[["diverged", "stuck", "median"]])


def _edge(row: dict, table: pd.DataFrame, rest: list[str], rate: str) -> str:
    alike = (table[rest] == [row[name] for name in rest]).all(axis=1)
    rates = table.loc[alike, rate]
    if len(rates) == 1:
        return "only"
    return {rates.min(): "lowest", rates.max(): "highest"}.get(row[rate], "")
