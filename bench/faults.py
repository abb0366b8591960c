"""What the run store bears: faults made for real, and counted."""

import tempfile
from pathlib import Path

from bench import fault_damage, fault_disk, fault_kills


def measure(quick: bool) -> dict:
    """Return counts of all faults, JSON values only.

    Args:
        quick: a tenth of the faults, in about a minute.
    """
    part = 10 if quick else 1
    with tempfile.TemporaryDirectory(prefix="mnistlib-faults-") as name:
        folders = {}
        for fault in ("kills", "workers", "disk", "damage", "races", "clock"):
            folders[fault] = Path(name) / fault
            folders[fault].mkdir()
        return {
            "kills": fault_kills.kills(220 // part, folders["kills"]),
            "kills_with_workers": fault_kills.kills(
                20 // part, folders["workers"], n_specs=16, workers=True
            ),
            "disk": fault_disk.measure(folders["disk"], 30 // part),
            "damage": fault_damage.damage(folders["damage"], 500 // part),
            "races": fault_damage.races(folders["races"], 20 // part),
            "clock": fault_damage.clock(folders["clock"], 30 // part),
        }
