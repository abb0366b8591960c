"""The table of printed and measured numbers, in the report and in the README."""

import pandas as pd
import pytest

from mnistlib.claims.verdicts import HIGHER, UNDER_A_READING
from mnistlib.ground.errors import StudyError
from mnistlib.show import report
from mnistlib.study import headline
from mnistlib.study.summary import write_summary
from tests.fixtures.executed import headline_row, notebook, result, summary

THIN = "\u202f"


@pytest.fixture
def executed(tmp_path):
    """Return a function that writes an executed notebook with headline rows."""

    def write(*rows, name="02_optimizers"):
        return notebook(tmp_path / "published" / f"{name}.ipynb", *rows)

    return write


def cells(text: str, start: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith(f"| {start}")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_ours_stands_beside_the_papers_number(executed):
    loss = headline_row(claim_id="AHM-02", quantity="test loss", ours=0.0712, n_seeds=1)
    text = headline.headline([executed(headline_row(), loss | {"low": None, "high": None})])
    first, second = cells(text, "{cite")
    assert first == [
        "{cite:t}`ahmareen2024`",
        "{doc}`base CNN </book/notebooks/02_optimizers>`",
        f"97.96{THIN}%",
        f"97.50{THIN}%",
        f"97.25–97.80{THIN}%",
        "3",
    ]
    assert second[1].endswith("02_optimizers>`, test loss (nats)")
    assert second[2:] == ["0.0629", "0.0712", "–", "1"]
    assert "- **base CNN:** It came close." in text
    assert "- **base CNN, test loss (nats):** It came close." in text


def test_numbers_stand_to_the_right(executed):
    text = headline.headline(
        [executed(headline_row(), headline_row(claim_id="AHM-02", ours=0.07))]
    )
    (rule,) = [line for line in text.splitlines() if line.startswith("|:")]
    sides = ["right" if c.endswith(":") else "left" for c in rule.strip("|").split("|")]
    assert sides == ["left"] * 2 + ["right"] * 4


def test_what_no_paper_prints_has_a_dash(executed):
    text = headline.headline([executed(headline_row(claim_id=None))])
    assert cells(text, "{cite")[0][2] == "–"


def test_a_mean_that_does_not_exist_has_a_dash(executed):
    row = headline_row(
        claim_id="AHM-02", quantity="test loss", ours=None, low=None, high=None
    )
    (found,) = cells(headline.headline([executed(row)]), "{cite")
    assert found[2:] == ["0.0629", "–", "–", "3"]
    (found,) = cells(headline.headline([executed(headline_row(ours=None))]), "{cite")
    assert found[3] == "–"


def test_counts_are_written_as_counts(executed):
    row = headline_row(claim_id="AHM-09", ours=542230, low=None, high=None)
    (found,) = cells(headline.headline([executed(row)]), "{cite")
    assert found[2:4] == ["159,254", "542,230"]


def test_minus_is_a_minus(executed):
    (found,) = cells(headline.headline([executed(headline_row(low=-6.24))]), "{cite")
    assert found[4] == f"−6.24–97.80{THIN}%"


def test_names_of_our_own_are_explained_where_they_stand(executed):
    sets = headline.headline([executed(headline_row(system="set A, padding same"))])
    assert "Sets A and B are two sets of final numbers that `sayee2025` prints" in sets
    assert "Sets A and B" not in headline.headline([executed(headline_row())])


def test_a_notebook_may_compare_nothing(executed, tmp_path):
    text = headline.headline([executed()])
    assert text == "No notebook of this report compares anything with a paper.\n"
    assert headline.opening([executed()], tmp_path) == ""


def test_a_number_keeps_the_digits_that_the_paper_printed(executed):
    path = executed(headline_row(paper="raj2024", claim_id="RAJ-01"))
    assert cells(headline.headline([path]), "{cite")[0][2] == f"98.30{THIN}%"


def test_further_intervals_and_places_get_columns_where_a_row_has_them(executed):
    more = {"image_low": 97.1, "image_high": 97.9, "place": "inside"}
    none = {"image_low": None, "image_high": None, "place": ""}
    text = headline.headline([executed(headline_row(**more), headline_row(**none))])
    (head,) = cells(text, "Paper")
    assert head[4:] == ["Over seeds", "Over images", "Printed lies", "Seeds"]
    first, second = cells(text, "{cite")
    assert first[5:] == [f"97.10–97.90{THIN}%", "inside", "3"]
    assert second[5:] == ["–", "–", "3"]


def test_the_opening_draws_the_accuracies_and_says_what_they_show(executed, tmp_path):
    rows = [
        headline_row(),
        headline_row(claim_id="AHM-03", ours=99.0, low=None, high=None, n_seeds=1),
        headline_row(claim_id="AHM-05", ours=92.5, low=92.0, high=93.0, system="A3"),
        headline_row(claim_id="AHM-02", quantity="test loss", ours=0.07),
        headline_row(paper="raj2024", claim_id="RAJ-01", ours=98.3),
        headline_row(ours=None, low=None, high=None),  # a run of it diverged
    ]
    text = headline.opening([executed(*rows)], tmp_path / "page")
    assert (tmp_path / "page" / headline.PICTURE).stat().st_size > 10_000
    assert f"{{figure}} {headline.PICTURE}\n:name: fig-headline\n" in text
    assert "\n:alt: A row for each printed value and system, grouped" in text
    # 97.96 and 98.65 are above 97.5 and 92.5; 98.27 is below 99; 98.3 is 98.3.
    assert "The picture's 4 rows set 4 printed values beside systems that we ran: " in text
    assert (
        "in 2 the printed value is higher than our mean, in 1 it is lower and in 1 the "
        "same. The differences are 0.00"
    ) in text
    assert "0.00 to 6.15 percentage points" in text
    assert "For our 3 systems with several seeds" in text
    assert "is 0.55 to 1.00 points wide" in text
    assert f"of A3 of `ahmareen2024`, with 98.65{THIN}% printed and 92.50{THIN}%" in text


def test_what_is_said_first_of_the_printed_values_has_a_subject(executed, tmp_path):
    text = headline.opening([executed(headline_row(ours=99.0))], tmp_path)
    assert "we ran: in 1 the printed value is lower than our mean. The" in text
    text = headline.opening([executed(headline_row(ours=97.96))], tmp_path)
    assert "we ran: in 1 the printed value is our mean. The" in text


def test_the_opening_counts_where_printed_values_lie(executed, tmp_path):
    rows = [headline_row(place=place) for place in ("above", "inside", "above", "")]
    rows.append(headline_row(place="above", n_seeds=1))  # without a seed: no interval
    text = headline.opening([executed(*rows)], tmp_path)
    assert "The picture's 5 rows set 1 printed value beside" in text
    assert "In the 3 rows with several seeds," in text
    assert "1 lie inside, 2 above and 0 below the 95 % interval in which one" in text


def test_what_lies_outside_and_is_reproduced_under_another_reading_is_named():
    rows = [
        ("AHM-01", "above"),
        ("AHM-01", "inside"),
        ("AHM-03", "below"),
        ("AHM-05", "above"),
    ]
    found = pd.DataFrame(rows, columns=["claim_id", "place"])
    found = found.assign(unit="percent", value=98.0, ours=97.0, paper="ahmareen2024")
    board = pd.DataFrame(
        {
            "id": ["AHM-01", "AHM-03", "AHM-05"],
            "verdict": [UNDER_A_READING, UNDER_A_READING, HIGHER],
        }
    )
    assert headline._covered(found, board) == (
        "AHM-03, outside in its row, counts as reproduced below, under another reading."
    )
    board["verdict"] = UNDER_A_READING
    assert headline._covered(found, board).startswith("AHM-03 and AHM-05, outside in their")
    assert headline._covered(found, board.assign(verdict=HIGHER)) == ""
    assert headline._covered(found, None) == ""


def test_systems_of_our_own_stand_last_beside_the_best_that_is_printed(executed, tmp_path):
    own = headline_row(
        paper=report.OURS, claim_id=None, system="32 filters", ours=99.7, place=""
    )
    first = executed(own, name="00_ours")
    path = executed(headline_row(), headline_row(claim_id="AHM-05", ours=92.5))
    text = headline.opening([first, path], tmp_path / "page")
    assert "The picture's 2 rows set 2 printed values beside" in text
    assert (
        f"Our own systems, on {{doc}}`/book/notebooks/00_ours`, read 99.70{THIN}% "
        f"(32 filters) of the test images; the highest printed value above, of one "
        f"network, is 98.65{THIN}%, of `ahmareen2024`." in text
    )
    drawn = headline._accuracies(headline.comparisons([first, path]))
    assert drawn["paper"].tolist() == ["ahmareen2024", "ahmareen2024", report.OURS]
    (row,) = cells(headline.headline([first, path]), report.OURS)
    assert row[2:4] == ["–", f"99.70{THIN}%"]
    assert headline.opening([first], tmp_path / "alone") == ""


def test_a_report_without_printed_accuracies_has_no_picture(executed, tmp_path):
    loss = headline_row(claim_id="AHM-02", quantity="test loss", ours=0.07)
    path = executed(loss, headline_row(claim_id=None))
    assert headline.opening([path], tmp_path / "page") == ""
    assert not (tmp_path / "page").exists()


def test_the_readme_gets_the_published_numbers_and_nothing_else(executed, tmp_path):
    folder = executed(headline_row()).parent
    write_summary(summary(**{"02_optimizers": result()}), folder)
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n\n{headline.BEGIN}\nold\n{headline.END}\n\nEnd\n")
    headline.update_readme(readme, folder)
    text = readme.read_text()
    assert text.startswith(f"# Title\n\n{headline.BEGIN}\n\n")
    assert text.endswith(f"{headline.END}\n\nEnd\n")
    assert "old" not in text
    assert "Profile `quick`, MNIST." in text
    assert cells(text, "`ahm")[0][2:4] == [f"97.96{THIN}%", f"97.50{THIN}%"]
    assert f"]({headline.README_PICTURE})" in text
    picture = (tmp_path / headline.README_PICTURE).read_bytes()
    assert picture.startswith(b"\x89PNG")
    headline.update_readme(readme, folder)
    assert readme.read_text() == text
    assert (tmp_path / headline.README_PICTURE).read_bytes() == picture


def test_a_page_of_another_profile_stands_in_no_comparison(executed, tmp_path):
    first = executed(headline_row())
    left = notebook(first.parent / "10_left.ipynb", headline_row(paper=report.OURS))
    made = summary(
        **{name: result(profile="full") for name in ("01_eda", "02_optimizers")},
        **{left.stem: result()},
    )
    assert made.profiles == ["full", "quick"]
    assert made.apart == {"10_left": "quick"}
    text = headline.readme_block(made.compared([first, left]), made)
    assert "Profile `full`, MNIST. `10_left`, so far of another profile, is left" in text
    assert "not the full study" not in text
    assert not cells(text, report.OURS)
    made = summary(**{"02_optimizers": result(), left.stem: result()})
    both = made.compared([first, left])
    assert cells(headline.readme_block(both, made), report.OURS)


def test_the_papers_hedges_stay_and_what_is_simulated_is_not_judged(executed):
    loss = {"paper": "sayee2025", "quantity": "test loss", "place": "above"}
    rows = [
        headline_row(claim_id=claim, ours=0.01, **loss) for claim in ("SAY-04", "SAY-10")
    ]
    text = headline.headline([executed(*rows)])
    simulated, about = cells(text, "{cite")
    assert simulated[2] == "0.0180 (simulated)"
    assert simulated[-2] == "–"
    assert about[2] == "about 0.0286"
    assert about[-2] == "above"


def test_a_measurement_in_several_rows_is_one_system(executed, tmp_path):
    rows = [headline_row(claim_id=claim) for claim in ("AHM-01", "AHM-03")]
    text = headline.opening([executed(*rows)], tmp_path)
    assert "For our 1 system with several seeds" in text


@pytest.mark.parametrize("text", ["# No marks\n", None])
def test_a_readme_without_marks_is_left_alone(executed, tmp_path, text):
    folder = executed(headline_row()).parent
    write_summary(summary(**{"02_optimizers": result()}), folder)
    readme = tmp_path / "README.md"
    if text:
        readme.write_text(text)
    headline.update_readme(readme, folder)
    assert (readme.read_text() if readme.exists() else None) == text


def test_one_mark_without_the_other_is_told(executed, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"{headline.BEGIN}\n")
    with pytest.raises(StudyError, match=r"both marks .* Received: .*README.md .* alone"):
        headline.update_readme(readme, executed(headline_row()).parent)


def test_a_place_has_the_half_width_of_its_interval(executed):
    wide = {"one_low": 95.0, "one_high": 100.0, "place": "inside"}  # cut off at 100 %
    text = headline.headline([executed(headline_row(**wide))])
    assert cells(text, "{cite")[0][-2:] == ["inside (±\u00a02.50)", "3"]
    board = headline.headline([executed(headline_row(place="above"))])
    assert cells(board, "{cite")[0][-2] == "above"  # a system without a seed
