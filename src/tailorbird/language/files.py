"""Definition files: YAML 1.2 to parsed definitions, with the place of everything.

Only the node graph of the YAML library is used, never its constructors: a scalar is its text,
and what it means is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError, InputError, Place, Problem, nearest
from tailorbird.kernel.instants import parse_duration
from tailorbird.kernel.values import UNIT, IdNumber, Missing, parse_number
from tailorbird.language import ast
from tailorbird.language.definitions import Definition, Kind, Line
from tailorbird.language.resolve import Resolved, resolve
from tailorbird.language.syntax import Source, parse

_SECTIONS: Final[dict[str, Kind]] = {
    "traits": "trait",
    "scores": "score",
    "segments": "segment",
    "personas": "persona",
}
_SEGMENT_KEYS: Final = ("when", "parent", "purpose", "description", "refresh")
_TRAIT_KEYS: Final = ("value", "description", "purpose")
_SCORE_KEYS: Final = ("half_life", "points", "description")
_LINE_KEYS: Final = ("event", "where", "points", "cap_per_day")


def load_text(text: str, file: str = "<text>") -> Resolved:
    """Parse and check definitions given as one YAML text; raises `DefinitionError`."""
    return load({file: text})


def load_folder(folder: Path) -> Resolved:
    """Parse and check every ``*.yaml`` and ``*.yml`` file of a folder.

    Raises `InputError` when the folder or a file cannot be read, `DefinitionError` with every
    fault when what they hold cannot be used.
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; `tailorbird init` makes one")
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
    if len(paths) > limits.DEFINITION_FILES:
        raise InputError(f"{folder} holds {len(paths)} files, at most {limits.DEFINITION_FILES}")
    return load({str(path): _read(path) for path in paths})


def load(texts: Mapping[str, str]) -> Resolved:
    """Parse and check the definitions of several files, given by name."""
    written: list[Definition] = []
    problems: list[Problem] = []
    for file, text in texts.items():
        reader = _File(file, text)
        written.extend(reader.definitions())
        problems.extend(reader.problems)
    if problems:
        # What parsed is checked as well, so that one run shows all that can be known.
        raise DefinitionError([*problems, *_further(written)] if written else problems)
    return resolve(written)


def _further(written: list[Definition]) -> list[Problem]:
    try:
        resolve(written)
    except DefinitionError as error:
        # Names may be unknown only because their own definition did not parse.
        return [problem for problem in error.problems if "there is no" not in problem.message]
    return []


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > limits.DEFINITION_FILE_BYTES:
            message = f"the file is larger than {limits.DEFINITION_FILE_BYTES} bytes; split it"
            raise DefinitionError([Problem(Place(str(path), 1, 1), message)])
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        message = f"the file is not UTF-8 text (byte {error.start})"
        raise DefinitionError([Problem(Place(str(path), line, 1), message)]) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


class _FaultError(Exception):
    """A fault at a node; caught where reading can go on."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True)
class _File:
    file: str
    text: str
    problems: list[Problem] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)

    def definitions(self) -> list[Definition]:
        self._lines = self.text.split("\n")
        root = self._composed()
        found: list[Definition] = []
        if root is None:
            return found
        for name, key, value in self._entries(root, "the file", tuple(_SECTIONS)):
            with_key = _SECTIONS[name]
            read = self._personas if with_key == "persona" else self._section
            self._guard(found, partial(read, key, value, with_key))
        return found

    def _composed(self) -> Node | None:
        if len(self.text.encode("utf-8", "surrogatepass")) > limits.DEFINITION_FILE_BYTES:
            message = f"the file is larger than {limits.DEFINITION_FILE_BYTES} bytes; split it"
            self.problems.append(Problem(Place(self.file, 1, 1), message))
            return None
        try:
            root: Node | None = YAML(typ="safe", pure=True).compose(self.text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            message = f"this is no YAML: {error.problem or error.context}{self._hint(line)}"
            self.problems.append(Problem(Place(self.file, line + 1, column + 1), message))
            return None
        except (YAMLError, RecursionError, ValueError) as error:
            reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
            message = f"this is no YAML: {reason.splitlines()[0] if reason else 'unreadable'}"
            self.problems.append(Problem(Place(self.file, 1, 1), message))
            return None
        return root

    def _hint(self, line: int) -> str:
        text = self._lines[line] if line < len(self._lines) else ""
        if "{" in text and "," in text:
            return "; within {...} a comma ends a value: put the expression in quotes"
        if "\t" in text[: len(text) - len(text.lstrip())]:
            return "; indent with spaces, not tabs"
        if ": " in text or '"' in text:
            return "; put the expression in single quotes"
        return ""

    def _guard(self, found: list[Definition], read: Callable[[], Iterable[Definition]]) -> None:
        """Add what is read; a fault is noted and reading goes on behind it."""
        try:
            found.extend(read())
        except _FaultError as fault:
            self.problems.append(fault.problem)
        except DefinitionError as error:
            self.problems.extend(error.problems)

    def _place(self, node: Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _refuse(self, node: Node, message: str) -> NoReturn:
        raise _FaultError(Problem(self._place(node), message))

    # Shapes

    def _entries(
        self, node: Node, what: str, known: tuple[str, ...] | None = None
    ) -> Iterator[tuple[str, Node, Node]]:
        """The (name, key node, value node) of a mapping; faults in keys are noted and skipped."""
        if not isinstance(node, MappingNode):
            problem = Problem(self._place(node), f"{what} is a mapping (name: value)")
            self.problems.append(problem)
            return
        seen: set[str] = set()
        for key, value in node.value:
            try:
                name = self._name(key)
                if name in seen:
                    self._refuse(key, f"the key {name!r} stands here twice")
                if known is not None and name not in known:
                    self._refuse(key, f"{what} has no key {name!r}{nearest(name, known)}")
            except _FaultError as fault:
                self.problems.append(fault.problem)
                continue
            seen.add(name)
            yield name, key, value

    def _name(self, node: Node) -> str:
        if not isinstance(node, ScalarNode) or not _tagged(node, "str"):
            shown = node.value if isinstance(node, ScalarNode) else "this"
            self._refuse(node, f'a key is text; write it in quotes: "{shown}"')
        text = str(node.value)
        if not text or len(text) > limits.NAME_CHARACTERS:
            self._refuse(node, f"a name has 1 to {limits.NAME_CHARACTERS} characters")
        return text

    def _scalar(self, node: Node, what: str) -> str:
        if isinstance(node, ScalarNode) and not _tagged(node, "null"):
            return str(node.value)
        hint = ""
        if isinstance(node, MappingNode):
            hint = "; an expression with `: ` or {...} in it is put in quotes"
        self._refuse(node, f"{what} is needed here{hint}")

    def _expression(self, node: Node) -> ast.Node:
        text = self._scalar(node, "an expression")
        try:
            return parse(text, self._source(node))
        except DefinitionError as error:
            raise DefinitionError(
                [
                    Problem(problem.place, problem.message + self._comment_hint(node))
                    for problem in error.problems
                ]
            ) from None

    def _comment_hint(self, node: Node) -> str:
        if _style(node) is not None:
            return ""
        line = node.end_mark.line
        rest = self._lines[line][node.end_mark.column :] if line < len(self._lines) else ""
        if rest.lstrip(" ").startswith("#"):
            return "; ` #` begins a comment in YAML: put the expression in quotes"
        if rest.lstrip(" ").startswith(","):
            return "; within {...} a comma ends a value: put the expression in quotes"
        return ""

    def _source(self, node: Node) -> Source:
        mark = node.start_mark
        if _style(node) in ("|", ">"):
            first = self._lines[mark.line + 1] if mark.line + 1 < len(self._lines) else ""
            indent = len(first) - len(first.lstrip(" ")) + 1
            return Source(self.file, mark.line + 2, indent, indent)
        quoted = _style(node) in ('"', "'")
        column = mark.column + 1 + quoted
        return Source(self.file, mark.line + 1, column, column)

    # Sections

    def _section(self, _key: Node, node: Node, kind: Kind) -> Iterator[Definition]:
        readers = {"trait": self._trait, "score": self._score, "segment": self._segment}
        found: list[Definition] = []
        for name, key, value in self._entries(node, f"the section of {kind}s"):
            self._guard(found, partial(_single, readers[kind], name, key, value))
        return iter(found)

    def _trait(self, name: str, key: Node, node: Node) -> Definition:
        if isinstance(node, MappingNode):
            parts = {n: v for n, _, v in self._entries(node, f"trait {name!r}", _TRAIT_KEYS)}
            if "value" not in parts:
                self._refuse(node, f"trait {name!r} needs value:")
            return Definition(
                "trait",
                name,
                self._expression(parts["value"]),
                purpose=self._optional(parts, "purpose"),
                description=self._optional(parts, "description"),
                place=self._place(key),
            )
        return Definition("trait", name, self._expression(node), place=self._place(key))

    def _optional(self, parts: Mapping[str, Node], name: str) -> str | None:
        return self._scalar(parts[name], f"text for {name}") if name in parts else None

    def _segment(self, name: str, key: Node, node: Node) -> Definition:
        if not isinstance(node, MappingNode):
            return Definition("segment", name, self._expression(node), place=self._place(key))
        parts = {n: v for n, _, v in self._entries(node, f"segment {name!r}", _SEGMENT_KEYS)}
        if "when" not in parts:
            self._refuse(node, f"segment {name!r} needs when:")
        refresh = self._optional(parts, "refresh")
        if refresh not in (None, "hourly"):
            self._refuse(parts["refresh"], f"refresh: takes hourly, not {refresh!r}")
        return Definition(
            "segment",
            name,
            self._expression(parts["when"]),
            parent=self._optional(parts, "parent"),
            purpose=self._optional(parts, "purpose"),
            description=self._optional(parts, "description"),
            hourly=refresh == "hourly",
            place=self._place(key),
        )

    def _personas(self, _key: Node, node: Node, _kind: Kind) -> Iterator[Definition]:
        if not isinstance(node, SequenceNode):
            self._refuse(
                node, "personas are a list, the first that holds counts: `- Name: condition`"
            )
        found: list[Definition] = []
        for item in node.value:
            if not isinstance(item, MappingNode) or len(item.value) != 1:
                message = "a persona is one `- Name: condition`"
                self.problems.append(Problem(self._place(item), message))
                continue
            for name, key, value in self._entries(item, "a persona"):
                self._guard(found, partial(_single, self._persona, name, key, value))
        return iter(found)

    def _persona(self, name: str, key: Node, node: Node) -> Definition:
        return Definition("persona", name, self._expression(node), place=self._place(key))

    # Scores

    def _score(self, name: str, key: Node, node: Node) -> Definition:
        if not isinstance(node, MappingNode):
            self._refuse(node, f"score {name!r} is a mapping with points: and half_life:")
        parts = {n: v for n, _, v in self._entries(node, f"score {name!r}", _SCORE_KEYS)}
        if "points" not in parts:
            self._refuse(node, f"score {name!r} needs points:")
        half_life_us = None
        if "half_life" in parts:
            text = self._scalar(parts["half_life"], "a duration")
            half_life_us = parse_duration(text)
            if half_life_us is None or half_life_us <= 0:
                self._refuse(
                    parts["half_life"], f"half_life is a duration such as 3d, not {text!r}"
                )
        return Definition(
            "score",
            name,
            lines=tuple(self._score_lines(parts["points"])),
            half_life_us=half_life_us,
            description=self._optional(parts, "description"),
            place=self._place(key),
        )

    def _score_lines(self, node: Node) -> Iterator[Line]:
        if isinstance(node, MappingNode):
            for name, key, value in self._entries(node, "points"):
                yield Line(ast.Text(name, place=self._place(key)), self._points(value))
        elif isinstance(node, SequenceNode):
            for item in node.value:
                yield self._line(item)
        else:
            self._refuse(node, "points: is `event: points`, or a list of {event, where, points}")

    def _line(self, node: Node) -> Line:
        parts = {n: v for n, _, v in self._entries(node, "a line of points", _LINE_KEYS)}
        for needed in ("event", "points"):
            if needed not in parts:
                self._refuse(node, f"a line of points needs {needed}:")
        where = self._expression(parts["where"]) if "where" in parts else None
        cap = None
        if "cap_per_day" in parts:
            cap = self._points(parts["cap_per_day"])
            if cap % UNIT or not 1 <= cap // UNIT <= limits.BAG_ENTRIES:
                message = f"cap_per_day: is a whole number from 1 to {limits.BAG_ENTRIES}"
                self._refuse(parts["cap_per_day"], message)
            cap //= UNIT
        return Line(self._events(parts["event"]), self._points(parts["points"]), where, cap)

    def _events(self, node: Node) -> ast.Node:
        """An event's name, a list of names, or an expression such as any_event(name="A*")."""
        if isinstance(node, SequenceNode):
            names = tuple(
                ast.Text(self._scalar(item, "an event's name"), place=self._place(item))
                for item in node.value
            )
            return ast.Listing(names, place=self._place(node))
        text = self._scalar(node, "an event's name")
        if text.startswith(("any_event(", "active_events(", "passive_events(")):
            return self._expression(node)
        return ast.Text(text, place=self._place(node))

    def _points(self, node: Node) -> int:
        text = self._scalar(node, "a number")
        value = parse_number(text)
        if isinstance(value, IdNumber | Missing) or "_" in text:
            self._refuse(node, f"a number is needed here, {text!r} is none")
        return value


def _single(
    read: Callable[[str, Node, Node], Definition], name: str, key: Node, node: Node
) -> list[Definition]:
    return [read(name, key, node)]


def _tagged(node: Node, kind: str) -> bool:
    return str(node.tag).endswith(f":{kind}")


def _style(node: Node) -> str | None:
    """How a scalar was written: None when plain, else its quote or block sign."""
    return getattr(node, "style", None)
