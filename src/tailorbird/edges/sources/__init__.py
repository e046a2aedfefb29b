"""Readers of event files: rows in bounded chunks, and every row that cannot be read."""
