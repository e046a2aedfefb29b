"""How long tests wait for what has to come: only one that fails ever waits that long.

A machine that does ten things at once is ten times as slow, and what is niced waits longer still.
"""

from __future__ import annotations

from typing import Final

PATIENCE_S: Final = 180.0
