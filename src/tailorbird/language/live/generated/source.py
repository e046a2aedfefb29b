"""The text of a function while it is written, and the objects that it refers to by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Source:
    """Lines of one function, without its head."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 1
        self._bound: dict[str, Any] = {}

    def line(self, text: str) -> None:
        """One more line at the present depth."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """What is written within stands below a head such as ``if a:``."""
        self.line(head)
        self._depth += 1
        yield
        self._depth -= 1

    def bind(self, name: str, value: Any) -> str:
        """Make an object known by a name; gives the name."""
        assert self._bound.setdefault(name, value) == value
        return name

    def text(self, head: str) -> str:
        """The function with its head."""
        return "\n".join([head, *self._lines, ""])

    def function(self, head: str, name: str) -> Callable[..., Any]:
        """The function itself."""
        space = dict(self._bound)
        exec(compile(self.text(head), f"<generated {name}>", "exec"), space)  # noqa: S102
        made: Callable[..., Any] = space[name]
        return made
