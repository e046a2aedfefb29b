"""Every node and every definition says itself in plain English.

The words are exact: every number, name and window of the tree is in them, what belongs together
stands in brackets, and what differs in meaning reads differently.
"""

from __future__ import annotations

from tailorbird.language.ast import Node
from tailorbird.language.definitions import Definition, Definitions
from tailorbird.language.words.conditions import CONDITIONS
from tailorbird.language.words.defined import description, persona_list
from tailorbird.language.words.speaker import Speaker
from tailorbird.language.words.stories import STORIES
from tailorbird.language.words.values import VALUES

__all__ = ["describe", "describe_personas", "words"]

_PHRASES = {**CONDITIONS, **VALUES, **STORIES}


def words(node: Node, definitions: Definitions | None = None) -> str:
    """An expression in words; with definitions, what has a description is followed by it.

    >>> from tailorbird.language.syntax import parse
    >>> words(parse('count("Product Viewed", last="7d") >= 3 and not did("Order Completed")'))
    'did "Product Viewed" at least 3 times in the last 7 days and did not do "Order Completed"'
    """
    return _speaker(definitions).say(node)


def describe(definition: Definition, definitions: Definitions | None = None) -> str:
    """A whole definition in words: a score with its lines and half-life, a segment with its parent.

    >>> from tailorbird.language.syntax import parse
    >>> describe(Definition("segment", "vip", parse('score("fit") > 2'), parent="buyers"))
    'within the segment "buyers": the score "fit" is more than 2'
    """
    return description(definition, _speaker(definitions))


def describe_personas(definitions: Definitions) -> str:
    """The list of personas in words, one a line in the order in which they are tried."""
    return persona_list(definitions, _speaker(definitions))


def _speaker(definitions: Definitions | None) -> Speaker:
    known = definitions.ordered if definitions is not None else ()
    return Speaker(_PHRASES, {d.key: d.description for d in known if d.description})
