"""Learning rates over a run, by name: one rate for each step of each epoch."""

import numpy as np

NAMES = ("constant", "warmup_cosine", "warmup_cosine_inclusive", "triangle")


def rates(schedule: str, peak: float, epochs: int, steps: int) -> np.ndarray:
    """Return the learning rates of a run.

    - ``constant``: the peak.
    - ``warmup_cosine``: per epoch; from peak/100 linearly up over the first sixth of the
      epochs, then half a cosine from the peak down towards peak/100. With 30 epochs and
      peak 1e-3 it is the schedule of `sayee2025` (III), of whose two readings we take the
      one that reaches the peak after the 5 epochs of the rise.
    - ``warmup_cosine_inclusive``: the other reading, with both ends of both parts in them:
      the last epoch of the rise is at the peak, and so is the next; the last epoch of all
      is at peak/100. A rise of one epoch is at peak/100, a fall of one at the peak.
    - ``triangle``: per step; linearly up from 0 over the first quarter of the run, then
      linearly down to 0 at its end.

    Args:
        schedule: one of ``NAMES``.
        peak: the largest rate.
        epochs, steps: epochs of the run, and steps an epoch.

    Returns:
        float64 (epochs, steps).
    """
    if schedule == "constant":
        table = np.full((epochs, steps), peak)
    elif schedule == "warmup_cosine":
        epoch, rise = np.arange(epochs), round(epochs / 6)
        floor = peak / 100
        up = floor + (peak - floor) * epoch / max(rise, 1)
        share = np.clip((epoch - rise) / (epochs - rise), 0, 1)
        down = floor + (peak - floor) * (1 + np.cos(np.pi * share)) / 2
        table = np.repeat(np.where(epoch < rise, up, down)[:, None], steps, axis=1)
    elif schedule == "warmup_cosine_inclusive":
        floor, rise = peak / 100, round(epochs / 6)
        up = np.linspace(floor, peak, rise)
        share = np.linspace(0, 1, epochs - rise)
        down = floor + (peak - floor) * (1 + np.cos(np.pi * share)) / 2
        table = np.repeat(np.concatenate([up, down])[:, None], steps, axis=1)
    elif schedule == "triangle":
        place = (np.arange(epochs * steps) + 0.5) / (epochs * steps)
        table = peak * np.minimum(place / 0.25, (1 - place) / 0.75).reshape(epochs, steps)
    else:
        raise ValueError(
            f"schedule must be one of {', '.join(NAMES)}. "
            f"Received: schedule={schedule!r} ({type(schedule).__name__})"
        )
    return table
