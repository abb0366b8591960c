"""The scoreboard: evidence is gathered from executed notebooks, judged and shown."""

import json
import shutil
import subprocess
from pathlib import Path

import nbformat
import numpy as np
import pytest

from mnistlib.chapters.claims import figures, findings, results
from mnistlib.claims.evidence import Fact, Printed, Untestable, to_dict
from mnistlib.claims.registry import load_claims
from mnistlib.claims.verdicts import judge
from mnistlib.ground.errors import StudyError
from mnistlib.show.tables import to_markdown

ROOT = Path(__file__).resolve().parents[2]


def notebook(folder: Path, name: str, rows: list | None) -> None:
    """Write a notebook that emitted these rows of evidence; None for none at all."""
    made = nbformat.v4.new_notebook()
    if rows is not None:
        cell = nbformat.v4.new_code_cell("report.evidence(...)")
        glued = {"scrapbook": {"name": "evidence", "mime_prefix": "x/"}}
        data = {"x/text/plain": json.dumps(rows)}
        cell.outputs = [nbformat.v4.new_output("display_data", data, metadata=glued)]
        made.cells.append(cell)
    nbformat.write(made, folder / f"{name}.ipynb")


@pytest.fixture
def folder(tmp_path) -> Path:
    notebook(
        tmp_path, "01_eda", [to_dict(Fact("AHM-15", False, "They are 5,421 to 6,742."))]
    )
    evidence = [
        Printed("AHM-01", "base CNN", [97.9, 98.0], n_test=10_000),
        Printed("AHM-03", "base CNN, 0.001", [99.0, 99.01], "Adam at 0.001", 10_000),
        Printed("AHM-03", "base CNN, 0.01", [98.2, 98.3], "Adam at 0.01", 10_000),
        Printed("AHM-05", "base CNN", [99.0, 99.01], n_test=10_000),
        Printed("AHM-06", "base CNN", [0.03, 0.05], paper_sized=False),
        Untestable("RAJ-14", "The picture is not in the text."),
    ]
    notebook(tmp_path, "02_optimizers", list(map(to_dict, evidence)))
    notebook(tmp_path, "90_costs", None)
    return tmp_path


@pytest.fixture
def board(folder):
    return results.scoreboard(results.gather(results.executed(str(folder))))


def test_every_claim_has_a_row_and_a_verdict(board):
    assert board["id"].tolist() == load_claims().index.tolist()
    rows = board.set_index("id")
    assert rows.loc["AHM-01", ["verdict", "notebook"]].tolist() == [
        "reproduced",
        "02_optimizers",
    ]
    assert rows.at["AHM-03", "verdict"] == "reproduced under a reading"
    assert rows.at["AHM-03", "reading"] == "Adam at 0.01"
    assert rows.at["AHM-05", "verdict"] == "lower than ours"
    # 98.65 is printed; one more run would give 99.005 -+ 0.1100 (n = 2).
    low = 99.005 - 12.7062 * np.std([99.0, 99.01], ddof=1) * np.sqrt(1.5)
    assert rows.at["AHM-05", "images"] == pytest.approx(100 * (low - 98.655), abs=0.01)
    assert rows.at["AHM-15", "verdict"] == "contradicted"
    assert rows.at["AHM-06", "verdict"] == "not judged"
    assert rows.at["RAJ-14", "verdict"] == "not testable"
    assert set(rows["reason"]) > {"They are 5,421 to 6,742.", ""}


def test_what_cannot_hold_together_stands_beside_the_verdict(board):
    rows = board.set_index("id")["conflicts"]
    assert rows["RAU-01"] == ["RAU-04", "RAU-07"]
    assert rows["RAU-07"] == ["RAU-01"]
    assert rows["SAY-14"] == ["SAY-09", "SAY-11"]
    assert rows["SAY-13"] == ["SAY-09"]
    assert "SAY-13" in rows["SAY-09"]
    assert rows["RAJ-03"] == []  # 98, the table's 98.30 rounded
    # Both sides name each other, as in the table of pairs.
    pairs = {(a, b) for a, others in rows.items() for b in others}
    assert pairs == {(b, a) for a, b in pairs}
    table = results.conflicts()
    assert {frozenset(pair) for pair in pairs} == {
        frozenset(pair) for pair in zip(table["a"], table["b"], strict=True)
    }
    text = to_markdown(board, results.COLUMNS)
    assert "; not with RAU-04 and RAU-07 " in text


def test_counts_add_up(board):
    counts = results.by_paper(board)
    assert counts["paper"].tolist() == [*dict.fromkeys(load_claims()["paper"]), "all"]
    whole = counts.set_index("paper").loc["all"]
    assert whole["all"] == len(load_claims()) == whole.drop("all").sum()
    facts = findings.counts(board)
    assert (facts["reproduced"], facts["readings"], facts["lower"]) == (1, 1, 1)
    assert facts["far"]["id"] == "AHM-05"


def test_the_answer_is_in_sentences(board):
    text = findings.answer(board)
    assert "One is reproduced, and 1 under a reading" in text
    assert "None lie above what one more run of ours would give, and 1\nbelow it" in text
    assert "One is contradicted" in text
    assert "AHM-05" in text
    nothing = board.assign(verdict="not judged", images=np.nan)
    assert "72 are not judged" in findings.answer(nothing)
    assert "Farthest" not in findings.answer(nothing)


def test_the_table_shows_units_and_distances(board):
    table = to_markdown(board, results.COLUMNS)
    row = next(line for line in table.splitlines() if line.startswith("| AHM-05"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2:5] == ["A3 test accuracy", "98.65\u202f%", "99.00"]
    assert cells[6:8] == ["2", "lower than ours"]
    assert cells[8].endswith("images")
    assert "reproduced under a reading: Adam at 0.01" in table
    assert "about 800 to 1,000" in table
    assert "nan" not in table


def test_the_picture_has_a_mark_for_each_judged_number(board):
    spreads = results.spreads(board)
    # What is not judged is drawn too, in grey: a quick study would show nothing else.
    assert spreads["id"].tolist() == ["AHM-01", "AHM-03", "AHM-05", "AHM-06"]
    inside = spreads["at"].abs() <= 1.001
    assert inside.tolist() == [True, True, False, True]
    ax = figures.judged_plot(spreads).axes[0]
    assert sum(len(line.get_xdata()) for line in ax.lines[1:]) == 4
    assert figures.judged_plot(spreads.iloc[:0]).axes  # nothing was judged


def test_conflicts_are_named_once():
    pairs = results.conflicts()
    assert not pairs.duplicated(["a", "b"]).any()
    assert (pairs["a"] < pairs["b"]).all()
    both = sum(map(len, load_claims()["conflicts"])) / 2  # named on both sides
    # Four of them are a number and the same number rounded, as 98.30 and 98.
    rounded = {("RAJ-01", "RAJ-03"), ("RAJ-02", "RAJ-03"), ("ASH-01", "ASH-03")}
    rounded.add(("ASH-02", "ASH-03"))
    assert len(pairs) == both - len(rounded)
    assert not rounded & set(zip(pairs["a"], pairs["b"], strict=True))


def test_two_quantities_that_read_as_one_are_both_named():
    quantities = results.conflicts().set_index(["a", "b"])["quantity"]
    assert quantities[("RAJ-01", "RAJ-02")] == "test accuracy / accuracy"
    assert " / " not in quantities[("SAY-01", "SAY-09")]


def test_printed_trials_are_told_apart(board):
    labels = board.set_index("id")["label"]
    names = [labels[claim] for claim in ("ASH-07", "ASH-08", "ASH-09", "RAJ-01")]
    assert names == ["C1 trial 0", "C1 trial 1", "C1", "R1"]


def test_what_a_choice_of_readings_hides_is_said():
    """Two claims of one run, each covered by one reading; and a wide one of two seeds."""
    many, few = [98.0, 98.05, 98.1, 98.02, 98.07], [97.0, 99.5]
    evidence = [
        Printed("RAJ-01", "CNN", [98.3, 98.31, 98.29, 98.3, 98.3], "by 255", 10_000),
        Printed("RAJ-01", "CNN", many, "unit length", 10_000),
        Printed("RAJ-02", "CNN", [90.0, 90.1, 90.2, 90.1, 90.0], "by 255", 10_000),
        Printed("RAJ-02", "CNN", [98.3, 98.4, 98.35, 98.4, 98.3], "unit length", 10_000),
        Printed("SAY-01", "S1", few, "valid", 10_000),
        Printed("SAY-01", "S1", [99.6] * 4 + [99.61], "same", 10_000),
    ]
    gathered = results.Gathered(evidence, ["05_baselines"] * 6, [])
    facts = results.readings_apart(gathered)
    assert facts == {"apart": [["RAJ-01", "RAJ-02"]], "fewer": ["SAY-01"]}
    text = findings.readings(facts)
    assert "No one reading covers RAJ-01 and RAJ-02, which are of one system." in text
    assert "SAY-01 lies inside by a reading of fewer seeds alone; one of" in text
    none = findings.readings({"apart": [], "fewer": []})
    assert none == "Each claim is judged by itself, and its reading is chosen for it alone."


def test_a_bound_within_the_interval_is_not_judged():
    runs = Printed("SAY-14", "S1", [99.6, 99.75, 99.7], "valid", 10_000)
    verdict = judge("SAY-14", [runs])
    assert verdict.verdict == "not judged"
    assert verdict.reason == "The bound lies within the interval of one more run."


def test_what_was_read_is_said(folder):
    chapters = results.chapters_read(results.gather(results.executed(str(folder))))
    assert chapters["read"] == ["01_eda", "02_optimizers"]
    assert chapters["silent"] == []  # the costs come after the scoreboard
    assert "05_baselines" in chapters["missing"]
    assert "05_baselines" in findings.read(chapters)


def test_the_runner_says_where_the_notebooks_are(folder, monkeypatch):
    monkeypatch.setenv("MNISTLIB_EXECUTED", str(folder))
    assert results.executed()[0].stem == "01_eda"
    monkeypatch.delenv("MNISTLIB_EXECUTED")
    assert results.executed() == sorted((ROOT / "book" / "notebooks").glob("*.ipynb"))


def test_unknown_evidence_is_told_in_one_line(tmp_path):
    notebook(tmp_path, "01_eda", [{"kind": "rumour", "claim_id": "AHM-01"}])
    with pytest.raises(StudyError, match="evidence must be of a kind"):
        results.gather(results.executed(str(tmp_path)))


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_the_script_of_sortable_tables_is_valid():
    script = ROOT / "book" / "_static" / "sort.js"
    subprocess.run(["node", "--check", script], check=True)
