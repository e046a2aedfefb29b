"""Reading a small YAML file by its node graph: every fault has a place, and no key is ignored."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tailorbird.kernel.errors import DefinitionError, Place, Problem, nearest

_YAML: Final = "tag:yaml.org,2002:"
_WORDS: Final = {"true": True, "false": False}


def _number(read: Callable[[str], int | float], text: str) -> int | float:
    value = read(text)
    if "_" in text or not math.isfinite(value):
        raise ValueError(text)
    return value


_SCALARS: Final[dict[str, Callable[[str], Any]]] = {
    "str": str,
    "int": lambda text: _number(int, text),
    "float": lambda text: _number(float, text),
    "bool": lambda text: _WORDS[text],
    "null": lambda _: None,
    "timestamp": str,
}


class Section:
    """A mapping of keys to nodes in a file."""

    def __init__(self, file: str, node: Node, what: str, allowed: Sequence[str] | None) -> None:
        """Refuse anything but a mapping, and at once all keys that come twice or are unknown."""
        self._file = file
        self._what = what
        self._node = node
        if not isinstance(node, MappingNode):
            self.refuse(f"{what} is a list of `key: value` lines", node)
        self._nodes: dict[str, Node] = {}
        self._keys: dict[str, Node] = {}
        faults: list[Problem] = []
        for key_node, value in node.value:
            key = self._scalar(key_node, "a key")
            if key in self._nodes:
                faults.append(self._fault(f"{key!r} is said twice in {what}", key_node))
            self._keys[key], self._nodes[key] = key_node, value
        faults += self._unknown(allowed) if allowed is not None else []
        if faults:
            raise DefinitionError(faults)

    def check_keys(self, allowed: Sequence[str]) -> None:
        """Refuse all keys that are unknown, after the section was made without looking at them."""
        if faults := self._unknown(allowed):
            raise DefinitionError(faults)

    def _unknown(self, allowed: Sequence[str]) -> list[Problem]:
        return [
            self._fault(f"there is no {key!r} in {self._what}{nearest(key, allowed)}", node)
            for key, node in self._keys.items()
            if key not in allowed
        ]

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    def names(self) -> list[str]:
        """The keys in the order of the file."""
        return list(self._nodes)

    def refuse(self, message: str, at: Node | str | None = None) -> NoReturn:
        """Raise the error about a node, about the value of a key, or about this section."""
        node = self._nodes.get(at, self._node) if isinstance(at, str) else at or self._node
        raise DefinitionError([self._fault(message, node)])

    def _fault(self, message: str, node: Node) -> Problem:
        mark = node.start_mark
        return Problem(Place(self._file, mark.line + 1, mark.column + 1), message)

    def is_null(self, key: str) -> bool:
        """Whether nothing stands under a key, as when all of it is commented out."""
        node = self._nodes.get(key)
        return isinstance(node, ScalarNode) and str(node.tag).endswith(":null")

    def is_section(self, key: str) -> bool:
        """Whether the value of a key is a mapping itself."""
        return isinstance(self._nodes.get(key), MappingNode)

    def section(self, key: str, allowed: Sequence[str] | None) -> Section:
        """The mapping under a key, which has to be there."""
        if key not in self._nodes:
            self.refuse(f"{self._what} needs `{key}`")
        return Section(self._file, self._nodes[key], f"`{key}`", allowed)

    def sections(self, key: str, allowed: Sequence[str] | None) -> Iterator[Section]:
        """Each mapping of the list under a key."""
        for node in self._items(key):
            yield Section(self._file, node, f"an entry of `{key}`", allowed)

    def text(self, key: str, default: str | None = None) -> str:
        """The text under a key; without a default it has to be there."""
        if key in self._nodes:
            return self._scalar(self._nodes[key], f"`{key}`")
        if default is None:
            self.refuse(f"{self._what} needs `{key}`")
        return default

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """The text under a key, one of several."""
        text = self.text(key, default)
        if text not in allowed:
            self.refuse(f"`{key}` cannot be {text!r}{nearest(text, allowed)}", key)
        return text

    def flag(self, key: str, default: bool) -> bool:
        """The boolean under a key."""
        return self.choice(key, ("true", "false"), "true" if default else "false") == "true"

    def texts(self, key: str) -> tuple[str, ...]:
        """The text or the list of texts under a key; empty when it is absent."""
        if key not in self._nodes:
            return ()
        if isinstance(self._nodes[key], ScalarNode):
            return (self.text(key),)
        return tuple(self._scalar(node, f"an entry of `{key}`") for node in self._items(key))

    def value(self, key: str, *, depth: int, size: int) -> Any:
        """What stands under a key as JSON would have it, so deep and of so many parts at most."""
        if key not in self._nodes:
            self.refuse(f"{self._what} needs `{key}`")
        left = [size]
        return self._value(self._nodes[key], depth, left)

    def _value(self, node: Node, depth: int, left: list[int]) -> Any:
        left[0] -= 1
        if left[0] < 0 or not depth:
            self.refuse("this is too large, or nested too deep", node)
        if node.anchor is not None:
            self.refuse(f"&{node.anchor} and *{node.anchor} are not used here", node)
        if isinstance(node, MappingNode):
            found: dict[str, Any] = {}
            for key_node, value in node.value:
                key = self._scalar(key_node, "a key")
                if key in found:
                    self.refuse(f"{key!r} is said twice", key_node)
                found[key] = self._value(value, depth - 1, left)
            return found
        if isinstance(node, SequenceNode):
            return [self._value(item, depth - 1, left) for item in node.value]
        text = self._scalar(node, "a value")
        read = _SCALARS.get(str(node.tag).removeprefix(_YAML))
        try:
            return text if read is None else read(text)
        except (KeyError, ValueError):
            self.refuse(f"{text!r} is no value of JSON; put a text in quotes", node)

    def refuse_within(self, key: str, path: Sequence[object], message: str) -> NoReturn:
        """Raise the error about a part of the value of a key, found by keys and numbers."""
        node = self._nodes.get(key, self._node)
        for step in path:
            if isinstance(node, MappingNode):
                node = next((v for k, v in node.value if k.value == step), node)
            elif isinstance(node, SequenceNode) and isinstance(step, int):
                node = node.value[step]
        self.refuse(message, node)

    def _items(self, key: str) -> list[Node]:
        node = self._nodes.get(key)
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.refuse(f"`{key}` is a list", node)
        items: list[Node] = node.value
        return items

    def _scalar(self, node: Node, what: str) -> str:
        if not isinstance(node, ScalarNode):
            self.refuse(f"{what} is one text, not a list or a mapping", node)
        return str(node.value)


def read_sections(text: str, file: str, what: str, allowed: Sequence[str] | None) -> Section:
    """The top of a YAML file; raises `DefinitionError` when it is none."""
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        message = f"this is no YAML: {error.problem or error.context}"
        raise DefinitionError([Problem(Place(file, line + 1, column + 1), message)]) from None
    except (YAMLError, RecursionError, ValueError) as error:
        message = f"this is no YAML: {error or 'it is nested too deep'}"
        raise DefinitionError([Problem(Place(file, 1, 1), message)]) from None
    if root is None:
        raise DefinitionError([Problem(Place(file, 1, 1), f"{what} is empty")])
    return Section(file, root, what, allowed)
