"""The batch reading: lowered expressions become SQL text and functions over arrays."""
