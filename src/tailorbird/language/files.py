"""Definition files: YAML 1.2 to parsed definitions, with the place of everything.

Only the node graph of the YAML library is used, never its constructors: a scalar is its text,
and what it means is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tailorbird.kernel import limits
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import DefinitionError, InputError, Place, Problem, nearest
from tailorbird.kernel.instants import parse_duration
from tailorbird.kernel.values import UNIT, IdNumber, Missing, parse_number
from tailorbird.language import ast
from tailorbird.language.definitions import Definition, Kind, Line
from tailorbird.language.printer import quote
from tailorbird.language.purposes import COLLECTS, NAME, NEEDS, READY, Purpose
from tailorbird.language.resolve import Resolved, resolve
from tailorbird.language.scalars import ScalarPlaces, Written
from tailorbird.language.syntax import parse

_SECTIONS: Final[dict[str, Kind]] = {
    "traits": "trait",
    "scores": "score",
    "segments": "segment",
    "personas": "persona",
}
_PURPOSES: Final = "purposes"
_OTHERS: Final = ("schedules",)
"""Sections that say nothing about people; those who need them read them."""
PLAN: Final = "tracking_plan"
"""Files whose names begin so say what events look like; they lie beside the definitions."""
_YAML: Final = "tag:yaml.org,2002:"
_TAGS: Final = frozenset(
    {"str", "int", "float", "bool", "null", "map", "seq", "merge", "timestamp", "value"}
)
_UNREADABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)
_HALF: Final = re.compile("[\ud800-\udfff]")
_COMMA: Final = "within {...} a comma ends a value: put the expression in quotes"
_SEGMENT_KEYS: Final = ("when", "parent", "purpose", "description", "refresh")
_TRAIT_KEYS: Final = ("value", "description", "purpose")
_SCORE_KEYS: Final = ("half_life", "points", "description", "purpose")
_PURPOSE_KEYS: Final = ("needs", "basis", "description", "collect")
_LINE_KEYS: Final = ("event", "where", "points", "cap_per_day")


def load_text(text: str, file: str = "<text>") -> Resolved:
    """Parse and check definitions given as one YAML text; raises `DefinitionError`."""
    return load({file: text})


def load_folder(folder: Path) -> Resolved:
    """Parse and check every ``*.yaml`` and ``*.yml`` file of a folder.

    Raises `InputError` when the folder or a file cannot be read, `DefinitionError` with every
    fault when what they hold cannot be used.
    """
    return load(read_folder(folder))


def read_folder(folder: Path) -> dict[str, str]:
    """The texts of all definition files of a folder, by path and in the order of their names."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; `tailorbird init` makes one")
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml") and not p.is_dir())
    if len(paths) > limits.DEFINITION_FILES:
        raise InputError(f"{folder} holds {len(paths)} files, at most {limits.DEFINITION_FILES}")
    return {str(path): _read(path) for path in paths}


def is_plan(file: str) -> bool:
    """Whether a file, by name or path, is a tracking plan and holds no definitions.

    >>> is_plan("definitions/tracking_plan.yaml"), is_plan("shop.yaml")
    (True, False)
    """
    return Path(file).name.startswith(PLAN)


def load(texts: Mapping[str, str]) -> Resolved:
    """Parse and check the definitions of several files, given by name; plans are passed over."""
    written: list[Definition] = []
    purposes: list[Purpose] = []
    problems: list[Problem] = []
    for file, text in texts.items():
        if is_plan(file):
            continue
        reader = _File(file, text, purposes)
        written.extend(reader.definitions())
        problems.extend(reader.problems)
    table = purposes or READY
    if problems:
        # What parsed is checked as well, so that one run shows all that can be known.
        _refuse_all([*problems, *_further(written, table)] if written else problems)
    return resolve(written, table)


def _refuse_all(problems: list[Problem]) -> NoReturn:
    told = problems[: limits.PROBLEMS]
    if len(problems) > len(told):
        message = (
            f"{amount(len(problems) - len(told), 'more fault', 'more faults')}; the first are told"
        )
        told.append(Problem(problems[-1].place, message))
    raise DefinitionError(told)


def _further(written: list[Definition], table: Sequence[Purpose]) -> list[Problem]:
    try:
        resolve(written, table)
    except DefinitionError as error:
        # Names may be unknown only because their own definition did not parse.
        return [problem for problem in error.problems if "there is no" not in problem.message]
    return []


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no plain file; definitions are texts in files")
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


class _File:
    def __init__(self, file: str, text: str, purposes: list[Purpose]) -> None:
        """``purposes``: the table so far, to which the file may add."""
        self._purposes = purposes
        self.problems: list[Problem] = []
        self._written = Written(file, text)

    def definitions(self) -> list[Definition]:
        """What the file defines; what cannot be read is among the problems."""
        found: list[Definition] = []
        self._guard(found, partial(self._sections, found))
        return found

    def _sections(self, found: list[Definition]) -> Iterable[Definition]:
        root = self._composed()
        if root is None:
            return ()
        self._refuse_strange(root)
        for name, key, value in self._entries(root, "the file", (*_SECTIONS, _PURPOSES, *_OTHERS)):
            if name in _OTHERS:
                continue
            if name == _PURPOSES:
                if not _is_null(value):
                    self._guard(found, partial(self._purpose_table, value))
                continue
            kind = _SECTIONS[name]
            read = self._personas if kind == "persona" else self._section
            if not _is_null(value):
                self._guard(found, partial(read, key, value, kind))
        return ()

    def _composed(self) -> Node | None:
        text = self._written.text
        if len(text.encode("utf-8", "surrogatepass")) > limits.DEFINITION_FILE_BYTES:
            message = f"the file is larger than {limits.DEFINITION_FILE_BYTES} bytes; split it"
            self._refuse_at(0, message)
        unreadable = _UNREADABLE.search(text)
        if unreadable is not None:
            self._refuse_at(unreadable.start(), _unreadable(unreadable[0]))
        reader = YAML(typ="safe", pure=True)
        reader.composer.warn_double_anchors = False  # anchors are refused below
        try:
            root: Node | None = reader.compose(text)
        except MarkedYAMLError as error:
            self._refuse_yaml(error)
        except (YAMLError, RecursionError, ValueError) as error:
            deep = isinstance(error, RecursionError)
            reason = "it is nested too deep" if deep else str(error).partition("\n")[0]
            self._refuse_at(0, f"this is no YAML: {reason}")
        return root

    def _refuse_yaml(self, error: MarkedYAMLError) -> NoReturn:
        mark = error.problem_mark or error.context_mark
        index = mark.index if mark else 0
        if error.problem == "found unexpected end of stream" and error.context_mark:
            self._refuse_at(error.context_mark.index, "this is no YAML: this quote is never closed")
        reason = str(error.problem or error.context)
        self._refuse_at(index, f"this is no YAML: {reason}{self._hint(index, reason)}")

    def _hint(self, index: int, reason: str) -> str:
        text = self._written.line(index)
        if "{" in text and "," in text:
            return "; " + _COMMA
        if reason.startswith("expected <block end>"):
            return "; what belongs together is indented alike"
        if "\t" in text[: len(text) - len(text.lstrip())]:
            return "; indent with spaces, not tabs"
        if ": " in text or '"' in text:
            return "; put the expression in single quotes"
        return ""

    def _refuse_strange(self, root: Node) -> None:
        """Anchors would let one line stand for millions, and tags have no meaning here."""
        pending = [root]
        while pending:
            node = pending.pop()
            if node.anchor is not None:
                message = f"&{node.anchor} and *{node.anchor} are not used here; "
                hint = "name what is shared and use in_segment(...), or put the text in quotes"
                self._refuse(node, message + hint)
            if isinstance(node, ScalarNode) and _HALF.search(node.value):
                self._refuse(node, "this text holds half a character (a lone surrogate)")
            if str(node.tag).removeprefix(_YAML) not in _TAGS:
                self._refuse(node, f"the tag {node.tag} has no meaning here; put text in quotes")
            if isinstance(node, MappingNode):
                pending.extend(part for pair in node.value for part in pair)
            elif isinstance(node, SequenceNode):
                pending.extend(node.value)

    def _guard(self, found: list[Definition], read: Callable[[], Iterable[Definition]]) -> None:
        """Add what is read; a fault is noted and reading goes on behind it."""
        try:
            found.extend(read())
        except _FaultError as fault:
            self.problems.append(fault.problem)
        except DefinitionError as error:
            self.problems.extend(error.problems)

    def _place(self, node: Node) -> Place:
        return self._written.place(node.start_mark.index)

    def _refuse(self, node: Node, message: str) -> NoReturn:
        raise _FaultError(Problem(self._place(node), message))

    def _refuse_at(self, index: int, message: str) -> NoReturn:
        raise _FaultError(Problem(self._written.place(index), message))

    # Shapes

    def _entries(
        self, node: Node, what: str, known: tuple[str, ...] | None = None
    ) -> Iterator[tuple[str, Node, Node]]:
        """The (name, key node, value node) of a mapping; faults in keys are noted and skipped."""
        if not isinstance(node, MappingNode):
            self._refuse(node, f"{what} is a mapping (name: value)")
        seen: set[str] = set()
        for key, value in node.value:
            try:
                name = self._name(key)
                if name in seen:
                    self._refuse(key, f"the key {name!r} stands here twice")
                if known is not None and name not in known:
                    cut = any(mark in name for mark in "()\"'=")
                    hint = "; " + _COMMA if cut else nearest(name, known)
                    self._refuse(key, f"{what} has no key {name!r}{hint}")
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
        if not text.isprintable() or not 1 <= len(text) <= limits.NAME_CHARACTERS:
            self._refuse(node, f"a name has 1 to {limits.NAME_CHARACTERS} printable characters")
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
        assert isinstance(node, ScalarNode)
        try:
            return parse(text, ScalarPlaces(self._written, node))
        except DefinitionError as error:
            hint = self._cut_hint(node)
            raise DefinitionError(
                [replace(problem, message=problem.message + hint) for problem in error.problems]
            ) from None

    def _cut_hint(self, node: ScalarNode) -> str:
        """YAML ends a plain scalar where the writer may not have meant it to."""
        if node.style is not None:
            return ""
        rest = self._written.after(node.end_mark.index)
        if rest.startswith("#"):
            return "; ` #` begins a comment in YAML: put the expression in quotes"
        return "; " + _COMMA if rest.startswith(",") else ""

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

    def _purpose_table(self, node: Node) -> Iterable[Definition]:
        for name, key, value in self._entries(node, "the section of purposes"):
            self._guard([], partial(self._purpose, name, key, value))
        return ()

    def _purpose(self, name: str, key: Node, node: Node) -> Iterable[Definition]:
        """One purpose: what it needs, or a mapping that says more of it."""
        if not NAME.fullmatch(name):
            self._refuse(key, f"the purpose {name!r} has other than small letters, digits and _")
        if name in [one.name for one in self._purposes]:
            self._refuse(key, f"the purpose {name!r} is given twice")
        if len(self._purposes) >= limits.PURPOSES:
            self._refuse(key, f"a project has at most {limits.PURPOSES} purposes")
        if isinstance(node, MappingNode):
            parts = {n: v for n, _, v in self._entries(node, f"purpose {name!r}", _PURPOSE_KEYS)}
        else:
            parts = {} if _is_null(node) else {"needs": node}
        needs = self._optional(parts, "needs") or NEEDS[0]
        if needs not in NEEDS:
            self._refuse(parts["needs"], f"needs: is {' or '.join(NEEDS)}, not {needs!r}")
        collect = self._optional(parts, "collect") or COLLECTS[0]
        if collect not in COLLECTS:
            self._refuse(parts["collect"], f"collect: is {' or '.join(COLLECTS)}, not {collect!r}")
        basis, says = self._optional(parts, "basis"), self._optional(parts, "description")
        self._purposes.append(Purpose(name, needs, basis or "", says or "", collect))
        return ()

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
            purpose=self._optional(parts, "purpose"),
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


def _unreadable(letter: str) -> str:
    if _HALF.match(letter):
        return "this is half a character (a lone surrogate)"
    return f"U+{ord(letter):04X} cannot stand in a file; within double quotes write {quote(letter)}"


def _is_null(node: Node) -> bool:
    """An empty section, as when everything in it is commented out."""
    return isinstance(node, ScalarNode) and _tagged(node, "null")
