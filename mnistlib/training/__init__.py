"""One run: ``train(spec, dataset) -> RunRecord``."""
