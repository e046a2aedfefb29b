"""Generated Python: what a step does with one kind of fact, written out as a single function.

The closures of a plan stay the obvious form of every operation and definition. For facts that come
often, `Reactions` writes a function that does the same in one go: the frequent operations and
comparisons stand in it as plain statements, everything else as a call of its closure. Text of
users enters it as literals only, in the form that `repr` gives.
"""

from tailorbird.language.live.generated.reactions import Reactions

__all__ = ["Reactions"]
