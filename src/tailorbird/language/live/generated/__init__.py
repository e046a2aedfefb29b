"""Generated Python: what happens often, written out as single functions.

The closures of a plan stay the obvious form of every operation and definition. `Reactions` are
functions that do the same for one kind of fact in one go, `Wakings` for people with states of the
same operations: frequent operations and comparisons stand in them as plain statements, everything
else as a call of its closure. Text of users enters them as literals only, in the form that `repr`
gives.
"""

from tailorbird.language.live.generated.reactions import Reactions
from tailorbird.language.live.generated.wakings import Wakings

__all__ = ["Reactions", "Wakings"]
