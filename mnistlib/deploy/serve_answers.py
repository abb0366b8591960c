"""The answers of the service, as its OpenAPI page describes them."""

from typing import Any

import numpy as np
from pydantic import BaseModel, Field


class Digit(BaseModel):
    """A digit of a picture."""

    digit: int = Field(description="the most probable one, 0 to 9")
    probability: float = Field(description="of that digit, as the network has it")
    probabilities: list[float] = Field(description="of the digits 0 to 9")
    box: tuple[int, int, int, int] = Field(description="left, top, width, height in pixels")


class Reading(BaseModel):
    """The digits of a picture, row by row and from left to right."""

    text: str = Field(description="the digits, without spaces")
    digits: list[Digit]

    @classmethod
    def of(cls, boxes: list[tuple], probabilities: np.ndarray) -> "Reading":
        """Return the answer for boxes and their probabilities (n, 10)."""
        digits = [
            Digit(
                digit=int(row.argmax()),
                probability=float(row.max()),
                probabilities=row.tolist(),
                box=box,
            )
            for box, row in zip(boxes, probabilities, strict=True)
        ]
        return cls(text="".join(str(digit.digit) for digit in digits), digits=digits)


class Version(BaseModel):
    """What answers."""

    mnistlib: str
    onnxruntime: str
    model: dict[str, Any] = Field(
        description="the network's file, and its manifest's entry"
    )


def openapi_of_a_picture(types: tuple[str, ...]) -> dict:
    """Return what OpenAPI says of a body that is a picture, and of refusals."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    refusals = {
        "408": "the picture did not arrive in time",
        "413": "too many bytes",
        "415": "another content type",
        "422": "no picture, too many pixels, or none with a digit",
        "503": "busy, too slow or stopping; Retry-After says when to try again",
    }
    error = {"type": "object", "properties": {"error": {"type": "string"}}}
    return {
        "requestBody": {"required": True, "content": {kind: binary for kind in types}},
        "responses": {
            status: {
                "description": text,
                "content": {"application/json": {"schema": error}},
            }
            for status, text in refusals.items()
        },
    }
