"""The reference reading: what a definition means, told as plainly as code can.

It folds over the list of a person's facts each time it is asked and keeps nothing. The other
readings are compared with it; it shares only the tree, values and time with them.
"""

from tailorbird.language.reference.identity import people_facts
from tailorbird.language.reference.person import Person

__all__ = ["Person", "people_facts"]
