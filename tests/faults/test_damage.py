"""Damaged records are told in one line; races and clocks do no harm."""

from bench.fault_damage import clock, damage, races


def test_cut_edited_and_emptied_files_are_told(tmp_path):
    counts = damage(tmp_path, 30)
    assert counts["read_wrong"] == 0
    assert counts["told"] + counts["harmless"] == counts["damaged"] == 122
    assert counts["told"] > 100
    assert counts["lines"] == 1
    assert counts["made_again"] == 1


def test_two_sweeps_on_one_store_train_each_run_once(tmp_path):
    counts = races(tmp_path, 2)
    assert counts["records"] == counts["trainings"] == 2 * 20
    assert counts["failed"] == counts["broken"] == 0


def test_a_clock_that_jumps_changes_nothing(tmp_path):
    counts = clock(tmp_path, 6)
    assert counts["failed"] == counts["broken"] == 0
    assert counts["records"] == counts["same"] == 6
    assert counts["same_order"]
