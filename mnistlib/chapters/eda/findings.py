"""What the notebook on the data found, in words that follow from the numbers."""

import pandas as pd

from mnistlib import claims
from mnistlib.chapters.eda.results import class_counts, range_claims, support_claims
from mnistlib.data.datasets import Dataset
from mnistlib.show import tables
from mnistlib.show.words import join, number_of


def classes(table: pd.DataFrame) -> str:
    """Say which digits are most and least frequent in the training part.

    Args:
        table: what `eda.class_table` returns.
    """
    most, least = table.loc[table["train"].idxmax()], table.loc[table["train"].idxmin()]
    off = 100 * (table["last_share"] - table["train_share"]).abs().max()
    always = tables.percent(table["test_share"][most.name])
    return (
        f"**Classes.** The most frequent training digit is {most['digit']:.0f} "
        f"({number_of(most['train'], 'image')}), the least {least['digit']:.0f} "
        f"({number_of(least['train'], 'image')}): a ratio of "
        f"{most['train'] / least['train']:.2f}. A classifier that always answers "
        f"{most['digit']:.0f} is right for {always} of the test images. Among the last "
        "30 % of the training images, `raj2024`'s validation set, no digit's share differs "
        f"from its share in all of them by more than {off:.2f} points."
    )


def printed_counts(dataset: Dataset) -> str:
    """Say which class counts that the papers print agree with the data."""
    if dataset.name != "mnist":
        return (
            "**The papers' counts.** They are MNIST's, and these data are not MNIST: "
            "the tables above set them side by side, and nothing follows from it."
        )
    sentences = ["**The papers' counts.**"]
    for claim in range_claims(dataset).itertuples():
        verdict = "holds for every digit"
        if claim.outside:
            verdict = f"fails for {join(claim.outside)}"
        sentences.append(
            f"`ahmareen2024`'s range of {tables.count(claim.low)} to "
            f"{tables.count(claim.high)} {claim.part} images a digit {verdict}: the counts "
            f"run from {tables.count(claim.least)} to {tables.count(claim.most)}."
        )
    near = claims.reported("AHM-17")
    off = (class_counts(dataset.y_train) / near - 1).round(4)
    sentences.append(
        f"Its other figure, near {tables.count(near)} each, is off by {off.min():+.1%} to "
        f"{off.max():+.1%}."
    )
    supports = support_claims(dataset)
    for paper, total in (("raut", claims.reported("RAU-10")), ("asher", None)):
        wrong = supports[supports[paper] != supports["test"]]
        if wrong.empty:
            sentences.append(f"`{paper}`'s ten test supports are those of the data.")
            continue
        own = f", where its last row says {tables.count(total)}" if total else ""
        sentences.append(
            f"`{paper}`'s test supports are not those of the data for "
            f"{number_of(len(wrong), 'digit')} ({join(wrong['digit'])}), and they sum to "
            f"{tables.count(supports[paper].sum())}{own}."
        )
    return " ".join(sentences)


def pixels(always_zero: int, mean_period: float, std_period: float) -> str:
    """Say what the charts over the pixel index show.

    Args:
        always_zero: pixels that are 0 in every training image.
        mean_period: of the mean over the pixel index, in pixels.
        std_period: of the standard deviation over the pixel index, in pixels.
    """
    is_row = round(mean_period) == round(std_period) == 28
    return (
        f"**Pixels.** {number_of(always_zero, 'pixel')} of 784 "
        f"{'is' if always_zero == 1 else 'are'} 0 in every training image. Over the pixel "
        f"index the mean repeats every {mean_period:.1f} pixels and the standard deviation "
        f"every {std_period:.1f}. "
        + (
            "An image has 28 pixels in a row: the waves in such charts are its rows."
            if is_row
            else "An image has 28 pixels in a row: here another wave is stronger."
        )
    )


def shapes(facts: pd.DataFrame) -> str:
    """Say how much ink digits have, and where they lie.

    Args:
        facts: what `eda.shape_facts` returns, of the training images.
    """
    ink = facts.groupby("label")["ink"].mean()
    ratio = ink.max() / ink.min()
    box = facts[["height", "width"]].max(axis=1)
    place = {}
    for name in ("down", "right"):
        low, high = facts[name].quantile([0.01, 0.99])
        place[name] = f"{facts[name].mean():+.2f} (98 % of them {low:+.2f} to {high:+.2f})"
    return (
        f"**Ink and place.** Digit {ink.idxmax()} has the most ink on average, "
        f"{ratio:.1f} times that of digit {ink.idxmin()}, the least. Measured in pixels "
        "from the middle of the frame, the training images' centre of mass lies on average "
        f"{place['down']} down and {place['right']} to the right. The longer side of the "
        f"box around a digit is 20 pixels for {tables.percent((box == 20).mean(), 1)} of "
        "them."
    )


def duplicates(found: pd.DataFrame) -> str:
    """Say how many images come twice.

    Args:
        found: what `neighbours.exact_duplicates` returns.
    """
    repeated = found.set_index("part")["repeated"]
    across = repeated["both together"] - repeated["training"] - repeated["test"]
    if not repeated.sum():
        return (
            "**Duplicates.** No two images of the data are the same: no test image is also "
            "a training image."
        )
    return (
        f"**Duplicates.** {number_of(repeated['training'], 'training image')} and "
        f"{number_of(repeated['test'], 'test image')} have an equal in their own part; "
        f"{number_of(across, 'image')} more have one in the other part."
    )


def near_duplicates(summary: pd.DataFrame) -> str:
    """Say how near test images lie to training images, and these to each other.

    Args:
        summary: what `neighbours.summarise_search` returns.
    """
    test, train = (summary.set_index("part").loc[part] for part in ("test", "train"))
    ratio = test["median"] / train["median"]
    sign = (
        "which is no sign of a leak between the parts"
        if ratio > 0.98
        else "as it would be if test images had been taken from the training images' sheets"
    )
    return (
        "**Near-duplicates.** The median distance to the nearest training image is "
        f"{test['median']:.2f} for test images and {train['median']:.2f} for training "
        f"images, {ratio:.2f} times as much, {sign}. Nearer than the same image moved by "
        f"half a pixel are {number_of(test['near'], 'test image')} "
        f"({tables.percent(test['near_share'])}) and "
        f"{number_of(train['near'], 'training image')} "
        f"({tables.percent(train['near_share'])}). "
        "The nearest training image has the test image's digit in "
        f"{tables.percent(test['same_label'])} of the cases: what 1-NN gets right with "
        f"{number_of(train['images'], 'training image')}."
    )


def components(counts: dict[float, int]) -> str:
    """Say how many principal components hold how much of the variance.

    Args:
        counts: share of the variance -> number of components.
    """
    parts = [f"{n} hold {tables.percent(share, 0)}" for share, n in counts.items()]
    return f"**Components.** Of 784 principal components, {join(parts)} of the variance."
