"""The targeting language: one definition, one meaning, three readings."""
