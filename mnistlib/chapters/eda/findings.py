"""What the notebook on the data found, in words that follow from the numbers."""

import pandas as pd

from mnistlib import claims
from mnistlib.chapters.eda.results import class_counts, range_claims, support_claims
from mnistlib.data.datasets import Dataset
from mnistlib.show import tables
from mnistlib.show.words import join, number_of, p_text
from mnistlib.stats.compare import two_proportions


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
        theirs = f"{tables.count(claim.low)} to {tables.count(claim.high)}"
        verdict = "holds for every digit"
        if claim.outside:
            verdict = f"fails for {join(claim.outside)}"
            if claim.hedge:
                away = max(claim.most / claim.high - 1, 1 - claim.least / claim.low)
                verdict = (
                    f"is hedged; {join(claim.outside)} lie outside it, by {away:.1%} at "
                    "most"
                )
        sentences.append(
            f"`ahmareen2024`'s range of {claim.hedge} {theirs} {claim.part} images a digit "
            f"{verdict}: the counts run from {tables.count(claim.least)} to "
            f"{tables.count(claim.most)}.".replace("  ", " ")
        )
    near, hedge = claims.reported("AHM-17"), claims.load_claims().at["AHM-17", "hedge"]
    off = (class_counts(dataset.y_train) / near - 1).round(4)
    sentences.append(
        f"Its other figure, {hedge} {tables.count(near)} each, is off by "
        f"{off.min():+.1%} to {off.max():+.1%}."
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
    p = two_proportions(test["near"], test["images"], train["near"], train["images"])
    if p >= 0.05:
        sign = "no difference beyond chance"
    elif test["near_share"] < train["near_share"]:
        sign = (
            "training images are nearer to each other than test images are to them, which "
            "fits parts that share no writers, and not a leak"
        )
    else:
        sign = (
            "as it would be if test images had been taken from the training images' sheets"
        )
    return (
        "**Near-duplicates.** Nearer to a training image than to itself moved by half a "
        f"pixel are {number_of(test['near'], 'test image')} "
        f"({tables.percent(test['near_share'])}) and "
        f"{number_of(train['near'], 'training image')} "
        f"({tables.percent(train['near_share'])}): {sign} ({p_text(p)}, as if images were "
        "independent). A leak of few images would show there, in the tail; the median "
        f"distances, {test['median']:.2f} and {train['median']:.2f}, could not show it. "
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
