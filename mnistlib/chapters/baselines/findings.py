"""What the comparison found, in words that follow from the numbers."""

import pandas as pd

from mnistlib import claims
from mnistlib.chapters.baselines.design import ANN, CNN, CNN_L2, SYSTEMS
from mnistlib.chapters.baselines.results import papers_size, printed_log
from mnistlib.claims.evidence import Printed
from mnistlib.data.datasets import Dataset
from mnistlib.show import tables
from mnistlib.show.reproduction import INTERVALS, headline_row, sentence
from mnistlib.show.tables import images, points_interval
from mnistlib.show.words import directions, join, number_of, p_text
from mnistlib.stats.intervals import place, wilson

_LEVEL = 0.05


def is_papers_size(dataset: Dataset, n_fit: int) -> bool:
    """Return whether networks were trained on the images that `raj2024` trains on.

    Args:
        dataset: of the runs.
        n_fit: training images without the validation images.
    """
    return dataset.name == "mnist" and n_fit == papers_size()


def size(dataset: Dataset, n_fit: int) -> str:
    """Say whether the papers' numbers can be held against these runs."""
    theirs = tables.count(papers_size())
    if is_papers_size(dataset, n_fit):
        return (
            f"**Size.** Every system was trained on the {theirs} images that `raj2024` "
            "trains on."
        )
    data = "MNIST images" if dataset.name == "mnist" else "images that are not MNIST"
    return (
        f"**Size.** Every system was trained on {tables.count(n_fit)} {data}, `raj2024`'s "
        f"on {theirs}. Printed accuracies are shown beside ours; agreement or the lack of "
        "it says nothing at this size."
    )


def network(rows: pd.DataFrame) -> str:
    """Say whether the CNN has the size that `raj2024` prints.

    Args:
        rows: the CNN's rows of what `baselines.named` returns.
    """
    ours, theirs = int(rows["parameters"].iloc[0]), claims.reported("RAJ-09")
    same = "as many as" if ours == theirs else f"not the {tables.count(theirs)} that"
    return f"**The network** has {tables.count(ours)} parameters, {same} `raj2024` prints."


def accuracy(table: pd.DataFrame, best: str) -> str:
    """Say how the CNN and the best classical system do, and in which order systems come.

    Args:
        table: what `baselines_tables.accuracy_table` returns.
        best: the classical system that validation chose.
    """
    rows = table.set_index("system")
    shown = []
    for name in (CNN, best):
        # With its sampling doubt alone where no seed changes a system.
        part = "both_" if pd.notna(rows.at[name, "both_low"]) else "image_"
        columns = ["mean", f"{part}low", f"{part}high"]
        shown.append(
            f"{SYSTEMS[name].label} {tables.with_interval(*rows.loc[name, columns])}"
        )
    ours = rows.loc[[CNN, "svm_rbf", ANN], "mean"].sort_values(ascending=False)
    order = " before ".join(SYSTEMS[name].label for name in ours.index)
    same = list(ours.index) == [CNN, "svm_rbf", ANN]
    return (
        f"**Accuracy** on the test images: {shown[0]}; {shown[1]}, the classical system of "
        "the best validation accuracy (in brackets: 95 % over images, and over seeds where "
        f"they matter). Of the three that `raj2024` compares the order is "
        f"{order}: "
        + ("the paper's own." if same else "not the paper's, CNN before SVM before ANN.")
    )


def printed(tests: pd.DataFrame) -> str:
    """Say which printed differences a test would call chance.

    Args:
        tests: what `baselines_tables.printed_tests` returns.
    """
    chance = [
        f"{row.better} over {row.worse} in `{row.paper}` ({p_text(row.p)})"
        for row in tests.itertuples()
        if row.p >= _LEVEL
    ]
    return (
        "**Printed differences.** Taken at face value on 10,000 test images, "
        + (f"{join(chance)} cannot be told from chance" if chance else "none is chance's")
        + "; no paper reports a second run."
    )


def lead(comparison: pd.Series, n_test: int, won: int, lost: int) -> str:
    """Say whether the CNN leads over one system.

    Args:
        comparison: a row of what `lead.against` returns.
        n_test: number of test images.
        won: images that the CNN gets right at most seeds and the other does not.
        lost: images that the other gets right and the CNN, at most seeds, does not.
    """
    name = SYSTEMS[comparison["system"]].label
    gain = points_interval(comparison["points"], comparison["low"], comparison["high"])
    counts = (
        f"of {tables.count(n_test)} test images the CNN alone has "
        f"{comparison['a_only']:.1f} right and the {name} alone "
        f"{comparison['b_only']:.1f} (means over seeds), a lead of {gain} points, with its "
        "95 % interval over seeds and images"
    )
    verdict = "which the luck of the test images may explain"
    if comparison["p_holm"] < _LEVEL:
        verdict = "more than the luck of these test images explains"
        if comparison["low"] <= 0 <= comparison["high"]:
            verdict += ", but other seeds may have none"
    seeds = directions(comparison["ahead"], comparison["behind"], comparison["runs"])
    return (
        f"**The CNN against the {name}:** {counts}; {verdict} "
        f"({p_text(comparison['p_holm'])}). By McNemar's test the seeds say {seeds}. At "
        f"most of its seeds the CNN is right where the {name} is wrong on "
        f"{number_of(won, 'image')}, and wrong where it is right on {tables.count(lost)}."
    )


def where(classes: pd.DataFrame, pairs: pd.DataFrame, best: str) -> str:
    """Say on which digits and pairs of digits the difference arises.

    Args:
        classes: what `lead.by_class` returns.
        pairs: what `lead.by_pair` returns.
        best: name of the other system.
    """
    name = SYSTEMS[best].label
    sure = classes[classes["p_holm"] < _LEVEL]
    digits = join([f"{row.digit} ({images(row.lead)} images)" for row in sure.itertuples()])
    text = "**Where it arises.** " + (
        f"Taken digit by digit, the difference is beyond chance for {digits}."
        if len(sure)
        else "No single digit shows a difference beyond chance."
    )
    whole, top = pairs["lead"].sum(), pairs.head(3)
    if whole > 0:
        text += (
            f" The pairs {join(top['pair'])} make "
            f"{tables.percent(top['lead'].sum() / whole, 0)} of the difference to the "
            f"{name}."
        )
    ranks = pairs["leader_errors"].rank(method="min", ascending=False)
    named = [
        f"{pair} is number {ranks[pairs['pair'] == pair].iloc[0]:.0f}"
        for pair in ("3/8", "4/9")
    ]
    return f"{text} Of the 45 pairs that the CNN takes for each other, {join(named)}; " + (
        "`asher` names these two for its own network."
    )


def training_accuracy(rows: pd.DataFrame) -> str:
    """Say what the headline of `raj2024` is, and how training and test accuracy differ.

    Args:
        rows: the CNN's rows of what `baselines.named` returns.
    """
    log = printed_log().iloc[-1]
    headline, test = claims.reported("RAJ-02"), claims.reported("RAJ-01")
    training = 100 * log["train_accuracy"]
    equal = "is" if round(training, 2) == headline else "is not"
    gap = 100 * (rows["train_accuracy"] - rows["test_accuracy"])
    spread = f"{gap.mean():+.2f} points"
    if len(gap) > 1:
        spread += f" ({gap.min():+.2f} to {gap.max():+.2f} over seeds)"
    return (
        f"**The headline.** The {headline:.2f} % that `raj2024` concludes with {equal} the "
        f"training accuracy of its log's last epoch, {training:.2f} %; its "
        f"validation accuracy is {100 * log['val_accuracy']:.2f} %, its table's figure "
        f"{test:.2f} %. In our runs training accuracy in the last epoch differs from test "
        f"accuracy by {spread}: another quantity, and no estimate of the latter."
    )


def first_epoch(log: pd.DataFrame, comparable: bool) -> str:
    """Say which scaling starts as the printed log does.

    Args:
        log: what `baselines_tables.log_table` returns, for accuracy.
        comparable: whether an epoch has as many images as the paper's.
    """
    first = log.set_index("epoch").loc[1]
    target = first["training, printed"]
    ours = {name: first[f"training, {SYSTEMS[name].label}"] for name in (CNN, CNN_L2)}
    shown = join(
        [f"{tables.percent(v)} ({SYSTEMS[name].label})" for name, v in ours.items()]
    )
    nearer = min(ours, key=lambda name: abs(ours[name] - target))
    return (
        f"**The first epoch** ends at {tables.percent(target)} training accuracy in the "
        f"printed log, at {shown} here"
        + (
            f": {SYSTEMS[nearer].label} is nearer, a hint at the paper's scaling, no proof."
            if comparable
            else ", after another number of images."
        )
    )


def headline_rows(frame: pd.DataFrame, dataset: Dataset, n_fit: int) -> list[dict]:
    """Return the rows of the front page's table, see `report.headline`.

    Args:
        frame: what `baselines.named` returns.
        dataset: of the runs.
        n_fit: training images without the validation images.
    """
    comparable = is_papers_size(dataset, n_fit)
    rows = []
    for name, claim in (
        (CNN, "RAJ-01"),
        ("svm_rbf", "RAJ-12"),
        (ANN, "RAJ-11"),
        ("svm_rbf", "ASH-04"),
        ("knn_3", "ASH-05"),
        ("random_forest", "ASH-06"),
    ):
        runs = frame[frame["system"] == name]
        values, n_test = 100 * runs["test_accuracy"], int(runs["n_examples"].iloc[0])
        text = f"trained on {tables.count(n_fit)} images only: not to be compared."
        if comparable and SYSTEMS[name].is_repeated:
            text = sentence(Printed(claim, "", list(values)))
        elif comparable:
            ends = wilson(int(runs["n_correct"].iloc[0]), n_test)
            text = _no_seed(claims.reported(claim), claims.printed(claim), ends)
        rows.append(
            headline_row(
                Printed(claim, SYSTEMS[name].label, list(values), n_test=n_test),
                "test accuracy",
                text,
            )
        )
    return rows


def _no_seed(value: float, printed: str, ends: tuple[float, float]) -> str:
    """Say where a printed accuracy, in percent, lies beside a system without a seed."""
    low, high = (100 * end for end in ends)
    return (
        f"no seed changes this system; the printed {printed} % lies "
        f"{place(value, low, high)} the 95 % interval over test images, "
        f"{low:.2f}–{high:.2f} %."
    )


def headline_note() -> str:
    """Return the note on the three accuracies that `raj2024` prints for its CNN."""
    conclusion, table, text = (claims.printed(f"RAJ-0{i}") for i in (2, 1, 3))
    return (
        f"Printed for the same network: {conclusion} % in the conclusion, {table} % in the "
        f"table, {text} % in the text. {INTERVALS}"
    )


def printed_seconds() -> str:
    """Return the note on the seconds that `raj2024` prints for its CNN."""
    seconds = claims.reported("RAJ-08")
    return (
        f"`raj2024` prints {sum(seconds)} s for its {len(seconds)} epochs of the CNN and "
        "does not name the machine; it times no baseline, and `asher` times nothing."
    )
