"""Databases that are read, one file an engine; found by the scheme of their addresses."""
