"""Segments as a whole: figures of the population, and how segments lie to each other."""
