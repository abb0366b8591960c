"""The notebook on costs: ratios, shares and growth by hand."""

from types import SimpleNamespace

import pytest

from mnistlib.chapters.costs import figures, findings
from mnistlib.chapters.costs import results as costs


def ways(**rates):
    """Two rounds a way: the second twice as quick as the first."""
    found = {}
    for name, rate in rates.items():
        for how, factor in (
            ("one run, one thread", 1.0),
            ("a run a core", 2.0),
            ("one run, all cores", 1.25),
        ):
            found[f"{name}, {how}"] = [
                {
                    "images_per_second": k * factor * rate,
                    "cpu_seconds_per_million": 7.0,
                    "seconds": 2.0,
                    "whole_seconds": 2.0 + k,
                }
                for k in (1, 2)
            ]
    return found


def system(**changes):
    return {
        "name": "net",
        "paper": "raut",
        "batch_size": 64,
        "augmented": False,
        "deep": False,
        "images": 1000,
        "facts": {"flop_per_image": 2e6},
        "operations": {"convolution": 0.75, "other": 0.25},
        "ways": ways(ours=3000.0, keras=1000.0, pytorch=2000.0),
        "matmul_gflops": {"one thread": [10.0, 30.0, 20.0], "all": [30.0]},
        "augment_images_per_second": [],
        "held_out_accuracy": {"ours": 0.97, "keras": 0.98, "pytorch": 0.96},
        "epochs_before_accuracy": 9,
    } | changes


DEEP = system(
    name="deep",
    deep=True,
    augmented=True,
    augment_images_per_second=[90_000.0],
    operations={"convolution": 0.7, "augment": 0.05, "other": 0.25},
    ways=ways(ours=3000.0, keras=1500.0, keras_generator=1800.0, pytorch=6000.0),
    held_out_accuracy={
        "ours": 0.97,
        "keras": 0.98,
        "keras_generator": 0.99,
        "pytorch": 0.96,
    },
)


def part(cpu="a processor", **code) -> dict:
    """What the bench writes of a part, without what it found."""
    return {
        "machine": {"cpu": cpu, "cores": 2},
        "versions": {"tensorflow": "1", "keras": "2"},
        "code": {"commit": "0123456789abcdef", "dirty": False} | code,
    }


def test_parts_of_other_machines_and_code_are_told_apart():
    bench = {"throughput": part(), "growth": part()}
    assert findings.machine(bench) == (
        "Measured on a processor, 2 cores, TensorFlow 1 and Keras 2. "
        "Code: `0123456789` (`throughput`, `growth`)."
    )
    bench["to_99"] = part(cpu="another", commit="fedcba9876543210", dirty=True)
    text = findings.machine(bench)
    assert "and on another, 2 cores" in text
    assert "`growth`); `fedcba9876` with changes (`to_99`)." in text


def test_study_throughput_is_a_run_a_core_against_one_run_on_all():
    net, deep = costs.study_throughput([system(), DEEP]).to_numpy().tolist()
    # 2 x 3000 against 1.25 x 1000 and 1.25 x 2000, in each of the rounds
    assert net[1:4] == ["9,000", "1,875", "3,750"]
    assert net[4:] == ["4.80 (4.80–4.80)", "2.40 (2.40–2.40)"]
    # The quicker of Keras's two ways, 1800: 6000 / 2250. PyTorch: 6000 / 7500.
    assert deep[4:] == ["2.67 (2.67–2.67)", "0.80 (0.80–0.80)"]
    text = findings.whole_fit({"rounds": 2, "cores": 2, "systems": [system(), DEEP]})
    assert "took 75\u202f% longer at the median, 100\u202f% at the most" in text


def test_the_engine_alone_has_as_many_threads_on_both_sides():
    (net,) = costs.engine([system()]).to_numpy().tolist()
    assert net == ["net", "4,500", *["3.00 (3.00–3.00)", "1.50 (1.50–1.50)"] * 2]


def test_equal_work_shows_the_quicker_of_kerass_ways():
    net, deep = costs.equal_work([system(), DEEP]).to_numpy().tolist()
    assert net == ["net (`raut`)", "1,000", 64, 9] + [
        f"{x}.00\u202f%" for x in (97, 98, 96)
    ]
    assert deep[-2] == "99.00\u202f%"


AROUND_FOUND = {
    "records": 40,
    "study": {"notebooks": {"01_eda": {}}, "profile": "quick"},
    "parts": {
        name: {"seconds": seconds}
        for name, seconds in (
            ("read_records", [2, 1, 3]),
            ("book", [29, 30, 31]),
            ("import", [0.1]),
        )
    },
}


def test_the_answer_names_the_range_over_the_networks():
    throughput = {"cores": 2, "systems": [system(), DEEP]}
    text = findings.answer(throughput, {"goal": 0.99, "runs": to_99_runs()}, AROUND_FOUND)
    assert (
        "2.7 to 4.8 times as fast as the steps of one Keras `fit` on all cores, and 0.8 to "
        "2.4 times as fast as such a PyTorch loop; {numref}`tab-cost-engine` has" in text
    )
    assert "takes 2.0 s on one thread and gets 99.12\u202f%" in text
    assert (
        "Keras's example takes 10 times as long, and is at 99\u202f% of them at 3 of 3 "
        "seeds (ours: 3)." in text
    )
    assert " of the rate at which one thread multiplies large matrices" in text
    assert (
        "the longest waits are building the book (30 s) and reading 40 records (2 s)."
        in text
    )


def test_the_ratios_are_drawn_for_every_network_and_peer():
    ax = figures.ratio_plot([system(), DEEP]).axes[0]
    points = [line.get_xdata()[0] for line in ax.lines if line.get_marker() in "os"]
    assert points == pytest.approx([4.8, 2.4, 6000 / 2250, 0.8])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["net", "deep"]


def test_the_share_of_the_limit_is_of_one_thread():
    # 4500 images/s x 2 MFLOP = 9 GFLOP/s of 20
    (net,) = costs.limit([system()]).to_numpy().tolist()
    assert net[1:] == [
        "2.00",
        "20",
        "45\u202f%",
        "15\u202f%",
        "30\u202f%",
        # 30 GFLOP/s allow 15000 images/s; Keras makes 1875 on all cores
        "8.0",
    ]
    assert "reaches 45\u202f% of the limit." in findings.limit([system(), DEEP])


def test_the_profile_has_the_largest_share_first():
    other = system(operations={"convolution": 0.5, "executor": 0.4, "other": 0.1})
    table = costs.profile([system(), other])
    assert table.columns.tolist() == ["System", "conv", "other"]
    assert table["other"].tolist() == ["25\u202f%", "50\u202f%"]


def test_augmentation_is_a_share_of_the_step():
    text = findings.augmentation([system(), DEEP])
    assert "Its share of the step is 5.0\u202f% (" in text
    assert "by round); the profile above, another way to measure, has" in text


def to_99_runs() -> list[dict]:
    return [
        {
            "way": way,
            "seed": seed,
            "seconds": seconds,
            "cpu_seconds": seconds,
            "epochs": 1,
            "test_accuracy": accuracy,
        }
        for way, times, accuracy in (
            ("ours", (1.0, 2.0, 4.0), 0.9912),
            ("keras", (10.0, 40.0, 40.0), 0.99),
            ("pytorch", (3.0, 6.0, 4.0), 0.9899),
        )
        for seed, seconds in enumerate(times)
    ]


def test_time_to_99_is_a_median_of_ratios():
    found = {"goal": 0.99, "recipe": {"n": 30_000}, "runs": to_99_runs()}
    table = costs.to_99(found)
    assert table["Recipe"][0] == "Ours: 30,000 images, one thread"
    assert table.iloc[0, 1:4].tolist() == [3, "1", "2.0 (1.0–4.0)"]
    assert table["Runs at the goal"].tolist() == ["3 of 3", "3 of 3", "0 of 3"]
    text = findings.to_99(found)
    assert "10.0 times sooner than Keras's example and 3.0 times" in text
    assert "in CPU seconds it takes 10.0 and 3.0 times less" in text


def test_the_recipes_rivals_are_shown_by_their_means():
    runs = [
        {"n": 30000, "label_smoothing": smoothing, "seconds": 4.0, "held_out_accuracy": a}
        for smoothing, accuracies in ((0.0, (0.98, 0.99)), (0.1, (0.991, 0.993)))
        for a in accuracies
    ]
    table = costs.recipe(runs)
    assert table.columns.tolist()[:3] == ["Images", "Smoothing", "Seeds"]
    assert table.to_numpy().tolist()[1] == [
        "30,000",
        "0.1",
        2,
        "99.20\u202f% (99.10–99.30\u202f%)",
        "97.00–100.00\u202f%",
        "4.0",
    ]


def test_growth_draws_a_line_and_says_how_far_from_it():
    line = [{"value": v, "seconds": 1.0 + 2 * v} for v in (1, 2, 4)]
    rows = {"images": line, "epochs": line}
    rows["runs"] = [{"value": v, "seconds": s} for v, s in ((1, 1.0), (2, 2.0), (3, 4.5))]
    figure, off = figures.growth(rows)
    assert len(figure.axes) == 3
    # Least squares through 1, 2, 4.5 at 1, 2, 3 is 0.75, 2.5, 4.25: off by a quarter.
    assert off == pytest.approx(0.25)
    assert "within 25\u202f% of a straight line" in findings.growth(off)


def test_memory_is_the_published_studys_and_that_at_full_size():
    largest = {"peak_memory_mb": {"complex_cnn": 800, "sayee_cnn": 1250}}
    text = findings.memory(largest, [])
    assert text.startswith("Training `complex_cnn` and `sayee_cnn` on all images, a worker")
    assert "at most 1250 MB" in text
    records = [SimpleNamespace(environment={"peak_memory_mb": mb}) for mb in (500, 700)]
    records.append(SimpleNamespace(environment={}))
    text = findings.memory(largest, records)
    assert text.startswith("In the published study a worker held at most 700 MB.")


def test_scaling_and_what_is_around_are_medians():
    found = {
        "seconds": {f"{w}_{n}": [4.0, 6.0, 5.0] for w in ("local", "dask") for n in (1, 2)},
        "efficiency": {"local": 0.98, "dask": 0.5},
        "overhead": {"1": 0.05, "2": 0.1},
        "identical": False,
        "runs": {"turns": 3},
    }
    found["seconds"]["dask_1"] = [8.0, 6.0, 4.0]
    table = costs.scaling(found)
    assert table.iloc[0].tolist() == ["this machine", "5.00", "5.00", "0.98"]
    text = findings.scaling(found)
    assert "one worker takes −20 to +100 % longer on Dask, and two take +0 to +0 %" in text
    assert "ways gave NOT the same predictions" in text
    times = {"seconds": [1.0, 3.0, 2.0], "cpu_seconds": [1.0], "median": 2.0}
    study = {"notebooks": {"01_eda": {}}, "profile": "quick"}
    parts = dict.fromkeys(("read_records", "notebooks_first"), times)
    table = costs.around({"parts": parts, "records": 1000, "study": study})
    expected = ["reading 1000 records", "2.00 (1.00–3.00)", "1.00"]
    assert table.iloc[0].tolist() == expected
    assert table["Part"].iloc[1].startswith("executing 1 notebooks of the profile `quick`")
