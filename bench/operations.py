"""Which operations a training step's time goes to, as TensorFlow's profiler sees it."""

import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

# The first that an operation's name contains decides.
KINDS = {
    "Conv2D": "convolution",
    "MatMul": "matmul",
    "Pool": "pooling",
    "BatchNorm": "batch norm",
    "ResourceApply": "update",
    "Random": "dropout",
    "ImageProjective": "augment",
    "Executor": "executor",
    "Process": "executor",
}


def shares(train: Callable) -> dict[str, float]:
    """Return the share of each kind of operation in the time of ``train()``; sum 1.

    The time of an event that others lie within is what they leave of it.
    """
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        train()
        tf.profiler.experimental.stop()
        (path,) = Path(folder).rglob("*.xplane.pb")
        space = XSpace.FromString(path.read_bytes())
    found = defaultdict(float)
    for plane in space.planes:
        for line in plane.lines:
            if line.name.startswith("tf_Compute"):
                for name, duration in _own_times(plane, line):
                    kind = next((k for part, k in KINDS.items() if part in name), "other")
                    found[kind] += duration
    total = sum(found.values())
    return {kind: duration / total for kind, duration in found.items()}


def _own_times(plane, line):
    """Yield each event's operation and its duration less that of the events within it."""
    within = []  # of the event being looked at: [end, name, own duration]
    for event in sorted(line.events, key=lambda e: (e.offset_ps, -e.duration_ps)):
        while within and within[-1][0] <= event.offset_ps:
            yield within.pop()[1:]
        if within:
            within[-1][2] -= event.duration_ps
        name = plane.event_metadata[event.metadata_id].name.split(":")[-1]
        within.append([event.offset_ps + event.duration_ps, name, event.duration_ps])
    yield from (entry[1:] for entry in within)
