"""Read the digits of a photograph: find them, ask a network, draw what it said."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mnistlib.photos.extra import opencv
from mnistlib.photos.find import Digit, find

# From images float32 (n, 28, 28) to probabilities float (n, 10).
Network = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Reading:
    """What a network says of one digit of a photograph.

    Attributes:
        digit: the most probable one, 0 to 9.
        probabilities: of each digit, float (10,). A network is as sure of a scribble.
        box: (left, top, width, height) in pixels of the photograph.
        image: what the network saw, float32 (28, 28).
    """

    digit: int
    probabilities: np.ndarray
    box: tuple[int, int, int, int]
    image: np.ndarray

    @property
    def probability(self) -> float:
        """The probability of the digit."""
        return float(self.probabilities[self.digit])

    def to_dict(self) -> dict:
        """Return the reading as JSON values, without the image."""
        return {
            "digit": self.digit,
            "probability": round(self.probability, 6),
            "probabilities": [round(float(p), 6) for p in self.probabilities],
            "box": list(self.box),
        }


def read(photo: np.ndarray, probabilities: Network) -> list[Reading]:
    """Return what a network reads in a photograph, in reading order.

    Args:
        photo: uint8 (h, w, 3), red, green, blue.
        probabilities: the network.

    Raises:
        PhotoError: as `mnistlib.photos.find.find`.
    """
    return answers(find(photo), probabilities)


def answers(digits: list[Digit], probabilities: Network) -> list[Reading]:
    """Return what a network says of digits, asked for all of them at once."""
    asked = probabilities(np.array([digit.image for digit in digits]))
    return [
        Reading(int(answer.argmax()), answer, digit.box, digit.image)
        for digit, answer in zip(digits, asked, strict=True)
    ]


def overlay(photo: np.ndarray, readings: list[Reading]) -> np.ndarray:
    """Return the photograph with a box around each digit and what was read above it.

    Args:
        photo: uint8 (h, w, 3).
        readings: as `read` returned them.
    """
    cv2 = opencv()
    drawn, colour = photo.copy(), (213, 94, 0)
    thick = max(1, round(max(photo.shape) / 400))
    for reading in readings:
        left, top, width, height = reading.box
        cv2.rectangle(drawn, (left, top), (left + width, top + height), colour, thick)
        text = f"{reading.digit} {100 * reading.probability:.0f}%"
        # Above the box; where the picture ends there, inside it.
        place = (left, top - 2 * thick if top > 24 * thick else top + 20 * thick)
        # First a wide white stroke: the words are legible on any picture.
        for stroke, ink in ((4 * thick, (255, 255, 255)), (thick, colour)):
            font = cv2.FONT_HERSHEY_SIMPLEX
            cv2.putText(drawn, text, place, font, 0.55 * thick, ink, stroke)
    return drawn
