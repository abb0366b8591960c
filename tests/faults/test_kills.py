"""SIGKILL at random moments of a sweep: nothing finished is lost, nothing half is read."""

import pytest

from bench.fault_kills import Witness, fingerprint, kills, tiny_specs
from mnistlib.runs import collect
from mnistlib.runs.store import Store

HARM = ("lost", "changed", "wrong", "half_written", "unfinished")


@pytest.mark.slow
def test_twenty_kills_of_a_sweep(tmp_path):
    counts = kills(20, tmp_path, seed=1)
    assert {name: counts[name] for name in HARM} == dict.fromkeys(HARM, 0)
    assert counts["kills"] == 20
    assert counts["records"] >= 40


def test_the_witness_sees_harm(tmp_path):
    """The counts above mean something: what is done on purpose is counted."""
    found = collect(tiny_specs(4), store=tmp_path, workers=0)
    predictions = {key: found.predictions(key) for key in found.keys}
    lost, cut, other, kept = found.keys
    store = Store(tmp_path)
    witness = Witness(store, predictions | {other: 1 - predictions[other]})
    witness.look()
    assert witness.wrong == 1
    next(tmp_path.glob(f"??/{lost}.json")).unlink()
    text = next(tmp_path.glob(f"??/{cut}.json"))
    text.write_bytes(text.read_bytes()[:-20])
    spaced = next(tmp_path.glob(f"??/{kept}.json"))
    spaced.write_bytes(spaced.read_bytes() + b" ")
    witness.check()
    assert (witness.lost, witness.half_written, witness.changed) == (1, 1, 1)
    assert fingerprint(store, kept) != witness.seen[kept]
