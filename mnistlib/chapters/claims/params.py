"""The parameters of the scoreboard."""

from pydantic import Field

from mnistlib.chapters.parameters import NotebookParams


class Params(NotebookParams):
    """Parameters of the scoreboard; it trains nothing."""

    executed: str = Field(
        "", description="folder of executed notebooks; empty: this study's"
    )
