"""Stores of history that answer questions about everybody."""
