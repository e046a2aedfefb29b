"""Clickstreams of any size, invented: the same seed gives the same rows, bit for bit."""
