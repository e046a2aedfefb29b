"""Stores of what was published."""
