"""The generated parts of the page "What it costs", from the bench's committed results."""

from statistics import median

import pandas as pd

from mnistlib.ground import paths
from mnistlib.runs.store import Store
from mnistlib.show import tables
from mnistlib.show.measured import not_measured, result
from mnistlib.show.words import join

# Ours against the ordinary way, in study throughput: (Keras, PyTorch).
AIMS = {False: (3.0, 2.0), True: (2.0, 1.3)}
AIM_SOONER, AIM_AUGMENTATION, AIM_MEMORY = 15.0, 0.10, 1200  # times, share, MB
AIM_OF_LIMIT = 0.5  # share of the matrix-multiply rate, deep network
PEERS = {
    "keras": "Keras `fit`",
    "keras_generator": "Keras `fit`, generator",
    "pytorch": "PyTorch",
}


def _rates(system: dict, way: str) -> list[float]:
    return [answer["images_per_second"] for answer in system["ways"][way]]


def _ratio(system: dict, ours: str, theirs: str) -> tuple[float, str]:
    """Return the median over the rounds, and the text "2.31 (2.20–2.52)"."""
    pairs = zip(_rates(system, ours), _rates(system, theirs), strict=True)
    ratios = [a / b for a, b in pairs]
    middle = median(ratios)
    return middle, f"{middle:.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def _keras(system: dict) -> str:
    """Return the quicker of the two ways to write augmentation in Keras."""
    names = [name for name in system["held_out_accuracy"] if name.startswith("keras")]
    return max(names, key=lambda n: median(_rates(system, f"{n}, one run, all cores")))


def _name(system: dict) -> str:
    return system["name"]


def throughput() -> str:
    """Return the tables of study throughput, of the engine alone, and of equal work."""
    measured = result("throughput")
    if measured is None:
        return not_measured("throughput")
    found = measured["found"]
    study, engine, work, cpu, missed = [], [], [], [], []
    for system in found["systems"]:
        keras, (aim_keras, aim_pytorch) = _keras(system), AIMS[system["deep"]]
        ours = "ours, a run a core"
        row = {
            "System": _name(system),
            "Ours": median(_rates(system, ours)),
            "Keras": median(_rates(system, f"{keras}, one run, all cores")),
            "PyTorch": median(_rates(system, "pytorch, one run, all cores")),
        }
        for title, peer, aim in (
            ("Keras", keras, aim_keras),
            ("PyTorch", "pytorch", aim_pytorch),
        ):
            value, text = _ratio(system, ours, f"{peer}, one run, all cores")
            row[f"÷ {title}"] = text
            row[f"aim {title}"] = f"{aim:.1f} {'met' if value >= aim else 'missed'}"
            if value < aim:
                missed.append((system["name"], title, value, aim))
        study.append(row)
        engine.append(
            {
                "System": _name(system),
                "Ours": median(_rates(system, "ours, one run, one thread")),
                "÷ Keras, a thread": _ratio(
                    system, "ours, one run, one thread", f"{keras}, one run, one thread"
                )[1],
                "÷ PyTorch, a thread": _ratio(
                    system, "ours, one run, one thread", "pytorch, one run, one thread"
                )[1],
                "÷ Keras, a run a core": _ratio(system, ours, f"{keras}, a run a core")[1],
                "÷ PyTorch, a run a core": _ratio(system, ours, "pytorch, a run a core")[1],
            }
        )
        work.append(
            {
                "System": f"{_name(system)} (`{system['paper']}`)",
                "Images": tables.count(system["images"]),
                "Batch": system["batch_size"],
                "Epochs": system["epochs_before_accuracy"],
                **{
                    title: _accuracy(system, name)
                    for name, title in {"ours": "Ours", keras: "Keras"}.items()
                },
                "PyTorch": _accuracy(system, "pytorch"),
            }
        )
        cpu.append(
            {
                "System": _name(system),
                "Ours": _cpu(system, ours),
                "Keras": _cpu(system, f"{keras}, one run, all cores"),
                "PyTorch": _cpu(system, "pytorch, one run, all cores"),
            }
        )
    whole = ".0f"
    waits = [
        answer["whole_seconds"] / answer["seconds"] - 1
        for system in found["systems"]
        for answer in system["ways"][f"{_keras(system)}, one run, all cores"]
    ]
    aims = 2 * len(found["systems"])
    return "\n".join(
        [
            tables.table_directive(
                pd.DataFrame(study),
                "Study throughput: images a second with all cores busy",
                "tab-cost-study",
                {"Ours": whole, "Keras": whole, "PyTorch": whole},
            ),
            "The sign ÷ stands for our rate divided by theirs. "
            f"{aims - len(missed)} of the {aims} aims are met. In brackets: the least and "
            f"the largest of {found['rounds']} rounds on {found['cores']} cores. "
            "{numref}`tab-cost-study` mixes two gains, of the engine and of running side "
            "by side; {numref}`tab-cost-engine` tells them apart: in its right half the "
            "peers also train one run a core. Keras's time is that of an epoch's steps. "
            f"`fit` as a whole took {percent_0(median(waits))} longer at the median, "
            f"{percent_0(max(waits))} at the most: at its end it often waits for a thread "
            "of TensorFlow's input pipeline, and for how long depends on the number of "
            "images.\n",
            tables.table_directive(
                pd.DataFrame(engine),
                "The engine alone: the same number of threads and processes on both sides",
                "tab-cost-engine",
                {"Ours": whole},
            ),
            tables.table_directive(
                pd.DataFrame(work),
                "Equal work: accuracy on held-out training images after the same epochs",
                "tab-cost-work",
            ),
            tables.table_directive(
                pd.DataFrame(cpu),
                "CPU seconds for a million training images, all cores busy",
                "tab-cost-cpu",
            ),
        ]
    )


def _accuracy(system: dict, name: str) -> str:
    return tables.percent(system["held_out_accuracy"][name])


def _cpu(system: dict, way: str) -> str:
    rounds = system["ways"][way]
    return f"{median(answer['cpu_seconds_per_million'] for answer in rounds):.0f}"


def limit() -> str:
    """Return the shares of the matrix-multiply rate, and where a step's time goes."""
    measured = result("throughput")
    if measured is None:
        return not_measured("throughput")
    reached, profile, deep, missed = [], [], 0.0, []
    for system in measured["found"]["systems"]:
        rate = median(system["matmul_gflops"]["one thread"])
        flop = system["facts"]["flop_per_image"] / 1e9
        row = {
            "System": _name(system),
            "MFLOP": 1e3 * flop,
            "GFLOP/s": rate,
        }
        keras = _keras(system)
        for title, name in (("Ours", "ours"), ("Keras", keras), ("PyTorch", "pytorch")):
            way = f"{name}, one run, one thread"
            row[title] = median(_rates(system, way)) * flop / rate
        everything = median(system["matmul_gflops"]["all"]) / flop
        peer = median(_rates(system, f"{keras}, one run, all cores"))
        row["Limit ÷ Keras"] = everything / peer
        reached.append(row)
        if system["deep"]:
            deep = row["Ours"]
        shares = system["operations"]
        profile.append({"System": _name(system)} | shares)
        ours = "ours, a run a core"
        ratios = [
            _ratio(system, ours, f"{peer}, one run, all cores")[0]
            for peer in (keras, "pytorch")
        ]
        if any(
            ratio < aim for ratio, aim in zip(ratios, AIMS[system["deep"]], strict=True)
        ):
            products = shares.get("convolution", 0.0) + shares.get("matmul", 0.0)
            missed.append(f"{_name(system)} {percent_0(products)}")
    shares = pd.DataFrame(profile).fillna(0.0)
    shares["other"] += shares.get("executor", 0.0)
    shares = shares.drop(columns="executor", errors="ignore")
    # Short, so that the table fits the page.
    shares = shares.rename(columns={"convolution": "conv", "batch norm": "norm"})
    order = shares.drop(columns="System").mean().sort_values(ascending=False).index
    percent = dict.fromkeys(order, percent_0)
    return "\n".join(
        [
            tables.table_directive(
                pd.DataFrame(reached),
                "The physical limit: share of one thread's matrix-multiply rate",
                "tab-cost-limit",
                {
                    "MFLOP": ".2f",
                    "GFLOP/s": ".0f",
                    **{t: percent_0 for t in ("Ours", "Keras", "PyTorch")},
                    "Limit ÷ Keras": ".1f",
                },
            ),
            "MFLOP: millions of operations an image and step. GFLOP/s: of the matrix "
            "product, one thread; the shares of it are those of one thread, too. The last "
            "column is how many times as quick as Keras's `fit` on all cores a training "
            "would be that ran all cores at that rate and spent nothing on anything else. ",
            f"On the deep network our step reaches {percent_0(deep)} of the limit (aim: "
            f"{percent_0(AIM_OF_LIMIT)}, {'met' if deep >= AIM_OF_LIMIT else 'missed'}).\n",
            tables.table_directive(
                shares[["System", *order]],
                "Where the time of our training step goes",
                "tab-cost-profile",
                percent,
            ),
            "Where an aim was missed, convolutions and matrix products take of our step: "
            f"{'; '.join(missed)}.\n"
            if missed
            else "",
        ]
    )


def percent_0(x: float) -> str:
    """Format a fraction as a whole percentage."""
    return tables.percent(x, 0)


def to_99() -> str:
    """Return the table of the time to 99 %."""
    measured = result("to_99")
    if measured is None:
        return not_measured("to_99")
    runs = pd.DataFrame(measured["found"]["runs"])
    goal = measured["found"]["goal"]
    titles = {
        "ours": "Ours: `one_epoch_cnn`, one thread",
        "keras": "Keras's example, all cores",
        "pytorch": "PyTorch's example, all cores",
    }
    rows = []
    for way, title in titles.items():
        part = runs[runs["way"] == way]
        test = part["test_accuracy"]
        rows.append(
            {
                "Recipe": title,
                "Seeds": len(part),
                "Epochs": f"{part['epochs'].median():g}",
                "Seconds": f"{part['seconds'].median():.1f} "
                f"({part['seconds'].min():.1f}–{part['seconds'].max():.1f})",
                "CPU seconds": f"{part['cpu_seconds'].median():.1f}",
                "Test accuracy": f"{tables.percent(test.median())} "
                f"({tables.interval(test.min(), test.max())})",
                "Runs at the goal": f"{int((test >= goal).sum())} of {len(part)}",
            }
        )
    sooner = _sooner(runs, "keras")
    reached = runs[runs["way"] == "ours"]["test_accuracy"].median() >= goal
    met = "met" if sooner >= AIM_SOONER and reached else "missed"
    return (
        tables.table_directive(
            pd.DataFrame(rows),
            "Time to 99 %: median (least and largest) over the seeds",
            "tab-cost-to-99",
        )
        + f"\nOurs ends {sooner:.1f} times sooner than Keras's example (aim: "
        f"{AIM_SOONER:.0f}, {met}) and {_sooner(runs, 'pytorch'):.1f} times sooner than "
        "PyTorch's, on one core where they use all; in CPU seconds it takes "
        f"{_sooner(runs, 'keras', 'cpu_seconds'):.1f} and "
        f"{_sooner(runs, 'pytorch', 'cpu_seconds'):.1f} times less. Medians of the ratio "
        "over all seeds. Where an example stopped by held-out images and missed the "
        "goal on test images, it would have needed longer.\n"
    )


def recipe() -> str:
    """Return the table of the rates and batch sizes that were compared for the recipe."""
    measured = result("recipe")
    if measured is None:
        return not_measured("recipe")
    runs = pd.DataFrame(measured["found"]["runs"])
    rows = []
    for (rate, batch), part in runs.groupby(["learning_rate", "batch_size"]):
        accuracy = part["val_accuracy"]
        rows.append(
            {
                "Rate": f"{rate:g}",
                "Batch": batch,
                "Seeds": len(part),
                "Held-out accuracy": f"{tables.percent(accuracy.mean())} "
                f"({tables.interval(accuracy.min(), accuracy.max())})",
                "Seconds": f"{part['fit_seconds'].median():.1f}",
            }
        )
    return tables.table_directive(
        pd.DataFrame(rows),
        "One epoch of `one_epoch_cnn` on 50 000 images, rated on the other 10 000: mean "
        "(least and largest) over the seeds",
        "tab-cost-recipe",
    )


def _sooner(runs: pd.DataFrame, way: str, column: str = "seconds") -> float:
    seconds = runs.pivot(index="seed", columns="way", values=column)
    return float((seconds[way] / seconds["ours"]).median())


def augmentation() -> str:
    """Return what augmentation costs alone, and its share of a step."""
    measured = result("throughput")
    if measured is None:
        return not_measured("throughput")
    (system,) = [s for s in measured["found"]["systems"] if s["augmented"]]
    alone = median(system["augment_images_per_second"])
    step = median(_rates(system, "ours, one run, one thread"))
    share = step / alone
    ways = {f"{name}, one run, all cores": title for name, title in PEERS.items()}
    rates = ", ".join(
        f"{title} {median(_rates(system, way)):.0f}" for way, title in ways.items()
    )
    return (
        f"Drawing and applying the moves alone runs at {alone:.0f} images a second on one "
        f"thread; a training step of the deep network with it at {step:.0f}. Its share of "
        f"the step is {tables.percent(share, 1)} (aim: under "
        f"{percent_0(AIM_AUGMENTATION)}, "
        f"{'met' if share < AIM_AUGMENTATION else 'missed'}). The whole step of the "
        f"peers on all cores, images a second: {rates}.\n"
    )


def around() -> str:
    """Return the table of what a person waits for besides training."""
    measured = result("around")
    if measured is None:
        return not_measured("around")
    found = measured["found"]
    rows = []
    for name, part in found["parts"].items():
        aim = part["aim"]
        verdict = "met" if aim and part["median"] < aim else "missed"
        rows.append(
            {
                "Part": AROUND[name].format(**found),
                "Seconds": f"{part['median']:.2f} "
                f"({min(part['seconds']):.2f}–{max(part['seconds']):.2f})",
                "CPU seconds": f"{median(part['cpu_seconds']):.2f}",
                "Aim": f"under {aim:g}, {verdict}" if aim else tables.MISSING,
            }
        )
    return tables.table_directive(pd.DataFrame(rows), "Around training", "tab-cost-around")


AROUND = {
    "python": "a Python process that does nothing",
    "import": "`import mnistlib`",
    "import_library": "import of the parts that notebooks use",
    "load_data": "loading the data",
    "first_plot": "the first figure",
    "start_worker": "start of a worker, until it can train",
    "read_records": "reading {records} records",
    "read_records_and_arrays": "the same with their predictions",
    "notebooks_first": "executing the notebooks, every record there, in a fresh copy",
    "notebooks": "the same once more",
    "book": "building the book",
}


def scaling() -> str:
    """Return the table of what a second worker brings."""
    measured = result("scaling")
    if measured is None:
        return not_measured("scaling")
    found = measured["found"]
    rows = [
        {
            "Where": title,
            "One worker, s": median(found["seconds"][f"{where}_1"]),
            "Two workers, s": median(found["seconds"][f"{where}_2"]),
            "Efficiency": found["efficiency"][where],
        }
        for where, title in (("local", "this machine"), ("dask", "a Dask cluster on it"))
    ]
    table = tables.table_directive(
        pd.DataFrame(rows),
        f"{found['runs']['number']} runs on one worker and on two",
        "tab-cost-scaling",
        {"One worker, s": ".2f", "Two workers, s": ".2f", "Efficiency": ".2f"},
    )
    same = "the same" if found["identical"] else "NOT the same"
    return (
        f"{table}\nEfficiency is 1 where the second worker halves the time. Dask takes "
        f"{percent_0(found['overhead']['1'])} more on one worker and "
        f"{percent_0(found['overhead']['2'])} more on two. All four ways gave {same} "
        "predictions and losses.\n"
    )


def memory() -> str:
    """Return how much memory a worker takes: in the published study, and at full size."""
    published = Store(paths.published_runs_dir())
    peaks = {
        record.spec.label: record.environment["peak_memory_mb"]
        for record in published.records()
        if record.environment.get("peak_memory_mb")
    }
    measured = result("memory")
    largest = measured["found"]["peak_memory_mb"] if measured else {}
    said = [
        f"{whose} a worker held at most {max(found.values()):.0f} MB (aim: under "
        f"{AIM_MEMORY}, {'met' if max(found.values()) < AIM_MEMORY else 'missed'})"
        for whose, found in (
            ("In the published study", peaks),
            (f"Training {join(f'`{name}`' for name in largest)} on all images,", largest),
        )
        if found
    ]
    if not said:
        return ""
    return (
        f"{'. '.join(said)}. Not counted are files of which all processes share one copy: "
        "libraries, half a GB for TensorFlow, and the images, which are mapped from one "
        "file.\n"
    )


PARTS = ("throughput", "to_99", "recipe", "growth", "memory", "scaling", "around")


def machine() -> str:
    """Return what the costs were measured on, and by which code."""
    measured = {part: found for part in PARTS if (found := result(part))}
    if not measured:
        return not_measured("throughput")
    places = {
        f"{found['machine']['cpu']}, {found['machine']['cores']} cores, TensorFlow "
        f"{found['versions']['tensorflow']} and Keras {found['versions']['keras']}": None
        for found in measured.values()
    }
    parts_by_code = {}
    for part, found in measured.items():
        changed = " with changes" if found["code"]["dirty"] else ""
        code = f"`{found['code']['commit'][:10]}`{changed}"
        parts_by_code.setdefault(code, []).append(f"`{part}`")
    codes = [f"{code} ({', '.join(parts)})" for code, parts in parts_by_code.items()]
    return f"Measured on {'; and on '.join(places)}. Code: {'; '.join(codes)}.\n"
