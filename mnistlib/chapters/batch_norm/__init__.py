"""Batch normalisation and input scaling."""
