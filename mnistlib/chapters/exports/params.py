"""The parameters of the notebook on exported files and the service."""

from pydantic import Field

from mnistlib.chapters.parameters import NotebookParams


class Params(NotebookParams):
    """Parameters of the notebook on exported files and the service; it trains nothing."""

    results: str = Field("bench/results", description="folder of what the bench measured")
