"""Stores of live states, one file each."""
