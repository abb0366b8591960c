"""The notebook on durability: harm, agreement, prices and backends by hand."""

from mnistlib.chapters.durability import findings
from mnistlib.chapters.durability import results as durability

FOUND = {
    "kills": {"kills": 220, "kills_while_writing": 31, "records": 611, "lost": 0,
              "changed": 0, "wrong": 0, "half_written": 0, "unfinished": 0},
    "kills_with_workers": {"kills": 20, "kills_while_writing": 3, "records": 48, "lost": 1,
                           "changed": 2, "wrong": 3, "half_written": 4, "unfinished": 5},
    "disk": {"full_disk": {"full_disks": 30, "finished": 77, "lost": 0, "unfinished": 0,
                           "half_written": 0, "complaints": 29, "lines": 1},
             "read_only": {"read": 4, "whole": 4, "half_written": 0,
                           "complaints": {"put": "a line", "prune": "two\nlines"}}},
    "damage": {"damaged": 2002, "told": 1990, "harmless": 12, "read_wrong": 0,
               "made_again": 1},
    "races": {"races": 20, "expected": 402, "records": 400, "trainings": 401, "failed": 0,
              "broken": 0},
    "clock": {"sweeps": 2, "expected": 30, "records": 30, "same": 29, "failed": 0,
              "broken": 0},
}  # fmt: skip
PORTABLE = {
    "agreement": {
        "base_cnn": {
            "default": {"Haswell": {"same_bits": False}},
            "portable": {"Haswell": {"same_bits": True}},
        }
    },
}
PRICE = {
    "price": {
        "base_cnn": {
            "images_per_cpu_second": {"default": 1234.4, "portable": 1111.2},
            "ratio": 0.912,
            "ratios": [0.9, 0.912, 1.04],
        }
    },
}


def test_harm_is_counted_by_fault():
    rows = durability.faults(FOUND).to_numpy().tolist()
    assert ["SIGKILL of a sweep", 220, 611, 0, 0] in rows
    assert ["SIGKILL of a sweep with two workers", 20, 48, 6, 9] in rows
    assert ["a full disk", 30, 77, 0, 0] in rows
    assert ["two sweeps racing", 20, 400, 2, 0] in rows
    assert ["a clock that jumps, in two sweeps", 2, 30, 0, 1] in rows
    text = findings.faults(FOUND)
    assert (
        "29 of the 30 full disks were reported, in at most 1 line; 1 of the 2 ways" in text
    )
    assert "34 of the 240 kills came while a record was being written" in text
    assert "1990 of the 2002 damages were reported in one line; the other 12" in text


def test_the_answer_adds_up_all_faults():
    text = findings.answer(durability.faults(FOUND), PORTABLE)
    # 220 + 20 + 30 + 1 + 2002 + 20 + 2 faults; 6 + 2 records lost, 9 + 1 read broken
    assert text.startswith("2,295 faults of 7 kinds were made on purpose: of 1,171")
    assert "8 were lost, and 10 were read half-written or changed." in text
    harmless = durability.faults(FOUND).query("Fault == 'a full disk'")
    assert "none was lost, and none was read" in findings.answer(harmless, PORTABLE)


def test_disks_that_could_not_be_tried_are_said():
    untried = FOUND | {"disk": None}
    assert "does not allow mounts" in findings.faults(untried)
    assert "a full disk" not in durability.faults(untried)["Fault"].tolist()


def test_processors_and_prices_are_shown():
    rows = durability.portability(PORTABLE, "A processor").to_numpy().tolist()
    emulated = "`Haswell` (emulated)"
    assert ["`base_cnn`", "default", emulated, "different"] in rows
    assert ["`base_cnn`", "portable", emulated, "every bit"] in rows
    assert findings.agreement(PORTABLE).endswith(
        "1 of 1 networks came out the same to the bit on this machine's processor and on "
        "all that were emulated (`Haswell`)."
    )
    settings = {"portable": {"Haswell": {"same_bits": False}}}
    text = findings.agreement({"agreement": PORTABLE["agreement"] | {"ann": settings}})
    assert "1 of 2 networks came out" in text
    assert "; not so `ann`." in text
    assert durability.price(PRICE).to_numpy().tolist() == [
        ["`base_cnn`", "1,234", "1,111", "0.91", "0.90", "1.04"]
    ]
    assert "it needs QEMU" in findings.agreement({"agreement": None})


def test_backends_are_compared_by_their_means():
    """By hand: means 90 and 92 points, both of variance 1/4 x 2, two seeds each."""
    sides = {
        name: {
            "device": "cpu",
            "version": "1.2",
            "held_out": 3000,
            "systems": {
                "net": [{"accuracy": a, "loss": 1 - a} for a in accuracies],
            },
        }
        for name, accuracies in (("tensorflow", (0.895, 0.905)), ("jax", (0.915, 0.925)))
    }
    # Half the interval: t(2) = 4.303 times the root of (0.5 + 0.5) / 2.
    assert durability.backends(sides).to_numpy().tolist()[-1] == [
        "net",
        "2 + 2",
        "90.00\u202f%",
        "92.00\u202f%",
        "+2.00 (−1.04 to +5.04)",
        "−0.0200 (−0.0504 to +0.0104)",
    ]
    assert "JAX 1.2 on the CPU" in findings.backends(sides)
