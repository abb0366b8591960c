"""What the page on costs says in sentences, made from what the bench measured."""

from collections.abc import Iterable
from statistics import median

from mnistlib.chapters.costs import results
from mnistlib.chapters.costs.results import ALL, KERAS, PYTORCH, THREAD, part_name, percent
from mnistlib.show import tables
from mnistlib.show.words import join


def answer(throughput: dict, to_99: dict, around: dict) -> str:
    """Return the page's answer: against the peers, to 99 %, to the limit, and around it."""
    found = [results.study_ratios(system) for system in throughput["systems"]]
    ranges = {}
    for title in (KERAS, PYTORCH):
        middles = [median(ratios[title]) for ratios in found]
        ranges[title] = f"{min(middles):.1f} to {max(middles):.1f} times"
    runs = [run for run in to_99["runs"] if run["way"] == "ours"]
    test = median(run["test_accuracy"] for run in runs)
    at_goal = {
        way: sum(
            r["test_accuracy"] >= to_99["goal"] for r in to_99["runs"] if r["way"] == way
        )
        for way in ("ours", "keras")
    }
    shares = [
        results.limit_shares(system)[results.OURS] for system in throughput["systems"]
    ]
    waits = {name: median(part["seconds"]) for name, part in around["parts"].items()}
    waits.pop("notebooks", None)  # a second time; the first is there
    longest = sorted(waits, key=waits.get)[:-3:-1]
    names = [f"{part_name(name, around)} ({waits[name]:.0f} s)" for name in longest]
    return (
        f"With {throughput['cores']} cores busy, our engine with one run a core trains the "
        f"papers' networks {ranges[KERAS]} as fast as the steps of one Keras `fit` on all "
        f"cores, and {ranges[PYTORCH]} as fast as such a PyTorch loop; "
        "{numref}`tab-cost-engine` has the engine alone. "
        f"It reaches {percent(min(shares))} to {percent(max(shares))} of the rate at which "
        "one thread multiplies large matrices. Besides training, the longest waits are "
        f"{join(names)}. "
        f"Our own recipe takes {median(r['seconds'] for r in runs):.1f} s on "
        f"one thread and gets {percent(test, 2)} of the test images right (medians of "
        f"{len(runs)} seeds); Keras's example takes "
        f"{results.sooner(to_99, 'keras'):.0f} times as long, and is at "
        f"{percent(to_99['goal'])} of them at {at_goal['keras']} of {len(runs)} seeds "
        f"(ours: {at_goal['ours']})."
    )


def machine(measured: dict[str, dict]) -> str:
    """Return what was measured on, and by which code.

    Args:
        measured: part -> what `mnistlib.show.measured.measured` returned.
    """
    places = {
        f"{part['machine']['cpu']}, {part['machine']['cores']} cores, TensorFlow "
        f"{part['versions']['tensorflow']} and Keras {part['versions']['keras']}": None
        for part in measured.values()
    }
    parts_by_code = {}
    for name, part in measured.items():
        changed = " with changes" if part["code"]["dirty"] else ""
        code = f"`{part['code']['commit'][:10]}`{changed}"
        parts_by_code.setdefault(code, []).append(f"`{name}`")
    codes = [f"{code} ({', '.join(names)})" for code, names in parts_by_code.items()]
    return f"Measured on {'; and on '.join(places)}. Code: {'; '.join(codes)}."


def whole_fit(found: dict) -> str:
    """Return how much longer Keras's ``fit`` takes than the steps that are counted."""
    waits = [
        answer["whole_seconds"] / answer["seconds"] - 1
        for system in found["systems"]
        for answer in system["ways"][f"{results.peers(system)[KERAS]}, {ALL}"]
    ]
    return (
        "The sign ÷ stands for our rate divided by theirs. In brackets: the least and the "
        f"largest of {found['rounds']} rounds on {found['cores']} cores. Keras's time is "
        f"that of an epoch's steps. `fit` as a whole took {percent(median(waits))} longer "
        f"at the median, {percent(max(waits))} at the most: at its end it often waits for "
        "a thread of TensorFlow's input pipeline, and for how long depends on the number "
        "of images."
    )


def limit(systems: list[dict]) -> str:
    """Return the columns' meaning, and the share that the deep network reaches."""
    (deep,) = [system for system in systems if system["deep"]]
    share = percent(results.limit_shares(deep)[results.OURS])
    return (
        "MFLOP: millions of operations an image and step. GFLOP/s: of the matrix product, "
        "one thread; the shares of it are those of one thread, too. The last column is how "
        "many times as fast as Keras's `fit` on all cores a training would be that ran all "
        "cores at that rate and spent nothing on anything else. "
        f"Our step on the deep network reaches {share} of the limit."
    )


def to_99(found: dict) -> str:
    """Return how much sooner our recipe ends than the peers' examples."""

    def times(way: str, column: str = "seconds") -> str:
        return f"{results.sooner(found, way, column):.1f}"

    return (
        f"Ours ends {times('keras')} times sooner than Keras's example and "
        f"{times('pytorch')} times sooner than PyTorch's, on one core where they use all; "
        f"in CPU seconds it takes {times('keras', 'cpu_seconds')} and "
        f"{times('pytorch', 'cpu_seconds')} times less. Medians of the ratio over all "
        "seeds. Where an example stopped by held-out images and missed the goal on test "
        "images, it would have needed longer."
    )


def augmentation(systems: list[dict]) -> str:
    """Return what augmentation costs alone, and its share of a step."""
    (system,) = [s for s in systems if s["augmented"]]
    alone = median(system["augment_images_per_second"])
    step = median(results.rates(system, f"ours, {THREAD}"))
    shares = [step / rate for rate in system["augment_images_per_second"]]
    titles = {
        "keras": "Keras `fit`",
        "keras_generator": "Keras `fit`, generator",
        "pytorch": "PyTorch",
    }
    rates = ", ".join(
        f"{title} {tables.count(median(results.rates(system, f'{name}, {ALL}')))}"
        for name, title in titles.items()
    )
    return (
        f"Drawing and applying the moves alone runs at {tables.count(alone)} images a "
        "second on one thread; a training step of the deep network with it at "
        f"{tables.count(step)}. Its share of the step is {percent(step / alone, 1)} "
        f"({tables.interval(min(shares), max(shares), 1)} by round); the profile above, "
        f"another way to measure, has {percent(system['operations']['augment'], 1)}. The "
        "whole step of the peers on all cores, images a second: "
        f"{rates}."
    )


def growth(off_the_line: float) -> str:
    """Return how straight the growth is."""
    return f"The medians lie within {percent(off_the_line)} of a straight line."


def scaling(found: dict) -> str:
    """Return what Dask takes, and whether all ways gave the same."""
    same = "the same" if found["identical"] else "NOT the same"
    seconds = found["seconds"]
    more = []
    for n in (1, 2):
        pairs = zip(seconds[f"dask_{n}"], seconds[f"local_{n}"], strict=True)
        turns = sorted(dask / local - 1 for dask, local in pairs)
        ends = (
            f"{100 * end:+.0f}".replace("-", tables.MINUS) for end in (turns[0], turns[-1])
        )
        more.append(" to ".join(ends))
    return (
        "Efficiency is 1 where the second worker halves the time, and the median of "
        f"{found['runs']['turns']} turns, as the seconds are. By turn, one worker takes "
        f"{more[0]} % longer on Dask, and two take {more[1]} %: these turns do not tell "
        f"what it costs. All four ways gave {same} predictions and losses."
    )


def memory(found: dict, records: Iterable) -> str:
    """Return how much memory a worker takes: in the published study, and at full size.

    Args:
        found: ``peak_memory_mb``: network -> MB, trained on all images.
        records: of the published study.
    """
    published = [
        peak for r in records if (peak := r.environment.get("peak_memory_mb")) is not None
    ]
    largest = found["peak_memory_mb"]
    names = join(f"`{name}`" for name in largest)
    sentences = [
        f"In the published study a worker held at most {max(published):.0f} MB."
        if published
        else "",
        f"Training {names} on all images, a worker held at most "
        f"{max(largest.values()):.0f} MB.",
        "Not counted are files of which all processes share one copy: libraries, half a GB "
        "for TensorFlow, and the images, which are mapped from one file.",
    ]
    return " ".join(filter(None, sentences))
