"""When writing a function is worth its while."""

from typing import Final

WRITTEN_AFTER = 128
"""So often is something done by closures before a function is written for it, which costs more."""
LARGEST: Final = 400
"""How many operations and definitions a function may write out."""
FUNCTIONS: Final = 512
"""Functions for waking people up that a plan keeps at most."""
