"""The parameters of the notebook on what the records bear."""

from pydantic import Field

from mnistlib.chapters.parameters import NotebookParams


class Params(NotebookParams):
    """Parameters of the notebook on what the records bear; it trains nothing."""

    results: str = Field("bench/results", description="folder of what the bench measured")
