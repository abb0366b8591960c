"""Parameters of the notebook on the data."""

from typing import Annotated

from pydantic import Field

from mnistlib.chapters.parameters import Images, OnImages, Seed, Size


class Params(OnImages):
    """Parameters of the notebook on the data."""

    n_map: Annotated[Images, Size("train", least=50, most=10_000)] = Field(
        300, description="images in the map of digits"
    )
    n_neighbours: Annotated[Images, Size("train", least=10)] = Field(
        300, description="images of each part searched for near-duplicates; None for all"
    )
    seed: Seed = Field(0, description="of the images that are drawn and of the map")
