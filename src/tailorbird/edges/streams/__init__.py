"""Streams, one file a kind; found by the scheme of their addresses."""
