"""Reading a small YAML file by its node graph: every fault has a place, and no key is ignored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tailorbird.kernel.errors import DefinitionError, Place, Problem, nearest


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
        faults: list[Problem] = []
        for key_node, value in node.value:
            key = self._scalar(key_node, "a key")
            if key in self._nodes:
                faults.append(self._fault(f"{key!r} is said twice in {what}", key_node))
            elif allowed is not None and key not in allowed:
                hint = nearest(key, allowed)
                faults.append(self._fault(f"there is no {key!r} in {what}{hint}", key_node))
            self._nodes[key] = value
        if faults:
            raise DefinitionError(faults)

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


def read_sections(text: str, file: str, what: str, allowed: Sequence[str]) -> Section:
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
