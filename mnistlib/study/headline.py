"""The table of what the papers print and what this study measured: report and README."""

import math
from functools import partial
from pathlib import Path

import pandas as pd

from mnistlib.chapters.claims import findings, results
from mnistlib.claims.registry import load_claims, printed
from mnistlib.claims.verdicts import UNDER_A_READING
from mnistlib.ground.errors import StudyError
from mnistlib.ground.files import write_whole
from mnistlib.ground.notebook import read_notebook
from mnistlib.show import report, tables
from mnistlib.show.overview import overview
from mnistlib.show.printed import hedged
from mnistlib.show.reproduction import NO_SEED, interval_note
from mnistlib.show.words import join, number_of
from mnistlib.stats.intervals import errors_implied, wilson
from mnistlib.study.summary import Summary, read_summary

CAPTION = "What the papers print, and what this study measured"
TEST = "test accuracy"
UNLESS = f"{TEST}, unless another quantity is named"
PICTURE = "headline.png"
README_PICTURE = f"book/_static/{PICTURE}"
PICTURE_CAPTION = (
    "Test errors, by paper: printed (diamonds) and measured by us (circles, means over "
    "seeds), on a logarithmic axis. A printed value is one run; its interval is Wilson's, "
    "for 10,000 test images. Systems of our own, where there are any, stand last; an "
    "ensemble is one system, and no mean."
)
ALT = (
    "A row for each printed value and system, grouped by paper: a diamond for the printed "
    "test error, where there is one, and a circle for ours, with intervals, on one "
    "logarithmic axis. The table below has the numbers."
)
BEGIN = "<!-- Results: `mnistlib study --publish` writes what follows. -->"
END = "<!-- End of the results. -->"

NAMES = (
    "A1 to A3 and K1 are our names for systems of the papers. Sets A and B are two sets of "
    "final numbers that `sayee2025` prints for one network, so that one measurement stands "
    "beside both; padding `same`: the borders are padded, one of two readings."
)
ROWS = (
    "A row is one reading of what its paper leaves open, at that page's epochs; a verdict "
    "takes every reading, so that a number outside here may be reproduced under another. "
    "What a paper calls simulated is not judged."
)
DATA_NAMES = {"mnist": "MNIST", "digits": "scikit-learn's small digits"}
_DIGITS = {"percent": 2, "points": 2, "fraction": 4, "nats": 4, "probability": 4, "s": 1}
_COUNTS = {"count", "images"}
# Percent stand with their numbers; any other unit with the name of the quantity.
_NAMED = {"points", "nats", "s"}
N_TEST = 10_000  # MNIST's test images, on which the papers' accuracies are shares
_INTERVALS = ["image_low", "image_high", "one_low", "one_high"]
_PLACES = ("inside", "above", "below")
# Where a printed value lies: said first, and after another.
_THAN = {
    "higher": ("the printed value is higher than our mean", "it is higher"),
    "lower": ("the printed value is lower than our mean", "it is lower"),
    "level": ("the printed value is our mean", "the same"),
}
_OPTIONAL = [*_INTERVALS, "place"]


def page(name: str, text: str | None = None) -> str:
    """Return a link to a notebook's page that works from any page of the book."""
    target = f"/book/notebooks/{name}"
    return f"{{doc}}`{text} <{target}>`" if text else f"{{doc}}`{target}`"


def comparisons(notebooks: list[Path]) -> pd.DataFrame:
    """Return a row for each number that a notebook sets beside a paper's.

    Args:
        notebooks: executed copies; those without headline rows are passed over.

    Returns:
        DataFrame: what `report.headline` was given, in the claim's unit, and notebook,
        unit, value (the printed one; NaN for a list or none), printed (its text).
    """
    rows = []
    for path in notebooks:
        for row in report.read_back(read_notebook(path)).get(report.HEADLINE, []):
            claim = _claimed(row["claim_id"])
            rows.append(dict.fromkeys(_OPTIONAL) | row | claim | {"notebook": path.stem})
    frame = pd.DataFrame(rows)
    numbers = ["ours", "value", "low", "high", *_INTERVALS]
    return frame.astype(dict.fromkeys(numbers, float)) if rows else frame


def _claimed(claim_id: str | None) -> dict:
    """Return a claim's unit, its value, and its text as printed, with the paper's hedge."""
    if claim_id is None:
        return {"unit": "percent", "value": None, "printed": tables.MISSING}
    value, unit, hedge = load_claims().loc[claim_id, ["value", "unit", "hedge"]]
    text = printed(claim_id)
    if unit in _COUNTS:
        text = ", ".join(map(tables.count, map(float, text.split(", "))))
    value = None if isinstance(value, list) else value
    claimed = {
        "unit": unit,
        "value": value,
        "printed": hedged(text + _percent(unit), hedge),
    }
    return claimed | ({"place": ""} if hedge == "simulated" else {})  # no measurement


def _percent(unit: str) -> str:
    return f"{tables.THIN_SPACE}%" if unit == "percent" else ""


def _number(x: float, unit: str) -> str:
    digits = _DIGITS.get(unit)
    if digits is None and x == int(x):
        return tables.count(x)
    return f"{x:.{digits or 2}f}".replace("-", "−")


def _interval(low: float, high: float, unit: str) -> str:
    if pd.isna(low) or pd.isna(high):
        return tables.MISSING
    return f"{_number(low, unit)}–{_number(high, unit)}{_percent(unit)}"


def _system(row, link=str) -> str:
    """Return the system's name, with the quantity where it is not the test accuracy."""
    name, unit = row.quantity.removesuffix(", %"), row.unit
    name = f"{name} ({unit})" if unit in _NAMED else name
    return link(row.system) + ("" if name == TEST else f", {name}")


def _table(found: pd.DataFrame, paper) -> pd.DataFrame:
    """Return the columns that a reader sees; those that no row has are left out.

    Args:
        found: what `comparisons` returned.
        paper: writes a paper's name.
    """
    rows = list(found.itertuples())
    shown = {
        "Paper": [
            row.paper if row.paper == report.OURS else paper(row.paper) for row in rows
        ],
        "System": [_system(row) for row in rows],
        "Printed": [row.printed for row in rows],
        "Measured": [
            tables.MISSING
            if pd.isna(row.ours)
            else _number(row.ours, row.unit) + _percent(row.unit)
            for row in rows
        ],
    }
    for title, low, high in (
        ("Over seeds", "low", "high"),
        ("Over images", "image_low", "image_high"),
        ("One more run", "one_low", "one_high"),
    ):
        if title == "Over seeds" or found[low].notna().any():
            ends = zip(found[low], found[high], found["unit"], strict=True)
            shown[title] = [_interval(*one) for one in ends]
    if found["place"].isin(_PLACES).any():
        shown["Printed lies"] = [_lies(row) for row in rows]
    return pd.DataFrame(shown | {"Seeds": found["n_seeds"].map(str).tolist()})


def _lies(row) -> str:
    """Return where a printed value lies, and the half width of one more run's interval."""
    half = max(row.ours - row.one_low, row.one_high - row.ours)
    if not row.place or pd.isna(half):
        return row.place or tables.MISSING
    return f"{row.place} (±\u00a0{_number(half, row.unit)})"


def _accuracies(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of accuracies, ours last, with Wilson's interval of what is printed.

    Args:
        found: what `comparisons` returned.
    """
    own = found["paper"] == report.OURS
    known = (found["value"].notna() | own) & found["ours"].notna()
    rows = found[(found["unit"] == "percent") & known]
    rows = rows.sort_values("paper", key=lambda names: names == report.OURS, kind="stable")
    ends = [
        (math.nan, math.nan)
        if pd.isna(value)
        else wilson(N_TEST - errors_implied(value, N_TEST), N_TEST)
        for value in rows["value"]
    ]
    return rows.assign(
        printed_low=[100 * low for low, _ in ends],
        printed_high=[100 * high for _, high in ends],
    )


def has_picture(found: pd.DataFrame) -> bool:
    """Tell whether there is a printed accuracy to draw."""
    return not found.empty and bool(_accuracies(found)["value"].notna().any())


def sentences(found: pd.DataFrame) -> str:
    """Return what the picture shows, in three sentences, and one on our own systems.

    Args:
        found: what `comparisons` returned, with at least one printed accuracy.
    """
    drawn = _accuracies(found)
    rows = drawn[drawn["value"].notna()]
    gaps = rows["value"] - rows["ours"]
    several = rows[rows["low"].notna()].drop_duplicates(["paper", "ours", "low", "high"])
    widths = several["high"] - several["low"]
    above, below = int((gaps > 0).sum()), int((gaps < 0).sum())
    sides = {"higher": above, "lower": below, "level": len(gaps) - above - below}
    there = [(n, _THAN[side]) for side, n in sides.items() if n]
    lie = [f"in {n} {words[i > 0]}" for i, (n, words) in enumerate(there)]
    printed_values = number_of(rows["claim_id"].nunique(), "printed value")
    said = [
        f"The picture's {number_of(len(rows), 'row')} set {printed_values} beside systems "
        f"that we ran: {join(lie)}. The differences are "
        f"{gaps.abs().min():.2f} to {gaps.abs().max():.2f} percentage points."
    ]
    if len(several):
        said.append(
            f"For our {number_of(len(several), 'system')} with several seeds, the 95 % "
            f"interval of the mean is {widths.min():.2f} to {widths.max():.2f} points "
            "wide; a printed value is one run and has no such interval."
        )
    # A system without a seed is judged by its number, not by an interval.
    judged = rows["place"][rows["place"].isin(_PLACES) & (rows["n_seeds"] > 1)]
    if len(judged):
        counts = [f"{(judged == place).sum()} {place}" for place in _PLACES]
        counts[0] = counts[0].replace(" ", " lie ")
        said.append(
            f"In the {number_of(len(judged), 'row')} with several seeds, {join(counts)} "
            "the 95 % interval in which one more run of ours would lie. Each row is one "
            "reading of what a paper leaves open."
        )
    else:
        far = rows.loc[gaps.abs().idxmax()]
        said.append(
            f"The largest difference is that of {far['system']} of `{far['paper']}`, with "
            f"{far['printed']} printed and {_number(far['ours'], 'percent')}"
            f"{_percent('percent')} measured. No printed value is judged here: "
            "the runs are not of the papers' size, or have one seed."
        )
    if len(own := drawn[drawn["paper"] == report.OURS]):
        said.append(_own(own, rows))
    return " ".join(said)


def _own(own: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Return what our own systems read, beside the best printed value of the picture."""
    read = [
        f"{_number(row.ours, row.unit)}{_percent(row.unit)} ({row.system})"
        for row in own.itertuples()
    ]
    best = rows.loc[rows["value"].idxmax()]
    return (
        f"Our own systems, on {page(own['notebook'].iloc[0])}, read {join(read)} of the "
        "test images; the highest printed value above, of one network, is "
        f"{best['printed']}, of `{best['paper']}`."
    )


def picture(found: pd.DataFrame, path: Path) -> None:
    """Draw the printed accuracies beside ours into a PNG file.

    Args:
        found: what `comparisons` returned, with at least one printed accuracy.
        path: file to write; its folder is made.
    """
    rows = _accuracies(found)
    names = [_system(row).replace(f", {TEST}", "") for row in rows.itertuples()]
    rows = rows.assign(system=names)
    columns = ["paper", "system", "value", "printed_low", "printed_high", "ours"]
    rows = rows[[*columns, "low", "high", *_INTERVALS]].rename(columns={"value": "printed"})
    path.parent.mkdir(parents=True, exist_ok=True)
    # The version of matplotlib would be the only difference between two machines.
    options = {"format": "png", "dpi": 150, "metadata": {"Software": None}}
    write_whole(path, lambda file: overview(rows).savefig(file, **options))


def opening(notebooks: list[Path], folder: Path) -> str:
    """Return the front page's picture and what it shows in sentences, as MyST.

    Args:
        notebooks: executed copies; those without headline rows are passed over.
        folder: of the page; the picture is drawn into it.
    """
    found, board = comparisons(notebooks), _board(notebooks)
    if not has_picture(found):
        return verdicts(notebooks)
    picture(found, folder / PICTURE)
    said = f"{sentences(found)} {_covered(found, board)}".strip()
    return (
        f"```{{figure}} {PICTURE}\n:name: fig-headline\n:width: 85%\n:alt: {ALT}\n\n"
        f"{PICTURE_CAPTION}\n```\n\n{said}\n\n{verdicts(notebooks)}"
    )


def _covered(found: pd.DataFrame, board: pd.DataFrame | None) -> str:
    """Return which values lie outside in all rows, and count as reproduced all the same."""
    if board is None:
        return ""
    judged = _accuracies(found)
    judged = judged[judged["place"].isin(_PLACES)]
    outside = (judged["place"] != "inside").groupby(judged["claim_id"]).all()
    verdict = board.set_index("id")["verdict"].reindex(outside.index[outside])
    ids = list(verdict.index[verdict == UNDER_A_READING])
    if not ids:
        return ""
    return (
        f"{join(ids)}, outside in {'its' if len(ids) == 1 else 'their'} "
        f"{'row' if len(ids) == 1 else 'rows'}, "
        f"{'counts' if len(ids) == 1 else 'count'} as reproduced below, under another "
        "reading."
    )


def _board(notebooks: list[Path]) -> pd.DataFrame | None:
    """Return every claim with its verdict; None without evidence."""
    gathered = results.gather(path for path in notebooks if path.stem != results.NOTEBOOK)
    return results.scoreboard(gathered) if gathered.evidence else None


def verdicts(notebooks: list[Path]) -> str:
    """Return how many claims have which verdict, as MyST; nothing without evidence.

    Args:
        notebooks: executed copies; the scoreboard itself is passed over.
    """
    board = _board(notebooks)
    if board is None:
        return ""
    text = findings.answer(board)
    if any(path.stem == results.NOTEBOOK for path in notebooks):
        text += f" {page(results.NOTEBOOK, 'Every claim, with its reason')}."
    return (
        f"{text}\n\n"
        + tables.table_directive(
            results.by_paper(board), "Claims by paper and verdict", "tab-verdicts"
        )
        + "\n"
    )


def _note(shown: pd.DataFrame) -> str:
    names = NAMES if shown["System"].str.contains("set A", regex=False).any() else ""
    seeds = f"One seed gives no interval over seeds. {NO_SEED}"
    return f"{interval_note(shown)} {seeds} {ROWS} {names}".strip()


def headline(notebooks: list[Path]) -> str:
    """Return the front page's table as MyST, with what is said of each row folded below.

    Args:
        notebooks: executed copies; those without headline rows are passed over.
    """
    found = comparisons(notebooks)
    if found.empty:
        return "No notebook of this report compares anything with a paper.\n"
    shown = _table(found, "{{cite:t}}`{}`".format)
    rows = list(found.itertuples())
    shown["System"] = [_system(row, partial(page, row.notebook)) for row in rows]
    remarks = "\n".join(f"- **{_system(row)}:** {row.text}" for row in rows)
    return (
        tables.table_directive(shown, f"{CAPTION}: {UNLESS}", "tab-headline")
        + f"\n{_note(shown)} Each system leads to its page.\n\n"
        + tables.folded("What each row says", remarks)
    )


def readme_block(notebooks: list[Path], summary: Summary) -> str:
    """Return the README's picture and tables of results, between its two marks.

    Args:
        notebooks: executed copies, published, whose numbers may stand side by side.
        summary: of their run.
    """
    found = comparisons(notebooks)
    if found.empty:
        lines = "No notebook compares anything with a paper yet."
    else:
        data = ", ".join(DATA_NAMES[name] for name in summary.datasets)
        profile = summary.profiles[0]
        about = f"Profile `{profile}`, {data}."
        if summary.apart:
            names = "`, `".join(summary.apart)
            about += f" `{names}`, so far of another profile, is left out."
        if profile != "full":
            about += (
                " This is not the full study: it takes part of the images and few epochs. "
                "That alone lowers every accuracy, so these are no verdict on any paper."
            )
        lines = f"{CAPTION}: {UNLESS}. {about}\n\n"
        if has_picture(found):
            lines += f"![{ALT}]({README_PICTURE})\n\n"
        if (board := _board(notebooks)) is not None:
            lines += " ".join(findings.answer(board).split()) + "\n\n"
            lines += tables.to_markdown(results.by_paper(board)) + "\n\n"
        table = _table(found, "`{}`".format)
        lines += tables.to_markdown(table)
        lines += f"\n\n{_note(table)}"
    return f"{BEGIN}\n\n{lines}\n\n{END}"


def update_readme(readme: Path, notebooks: Path) -> None:
    """Write the results of published notebooks into a README, and their picture beside it.

    A README without the two marks, or none at all, is left alone.

    Args:
        readme: file to change.
        notebooks: folder of the executed copies and ``summary.json``.

    Raises:
        StudyError: the README has one of the marks without the other.
    """
    if not readme.is_file():
        return
    text = readme.read_text(encoding="utf-8")
    if (BEGIN in text) != (END in text):
        raise StudyError(
            f"a README must have both marks of its results, or none. Received: {readme} "
            f"with {BEGIN if BEGIN in text else END!r} alone; put the other back"
        )
    summary = read_summary(notebooks)
    if BEGIN not in text or summary is None:
        return
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    executed = summary.compared(sorted(notebooks.glob("*.ipynb")))
    write_whole(readme, before + readme_block(executed, summary) + after)
    if has_picture(found := comparisons(executed)):
        picture(found, readme.parent / README_PICTURE)
