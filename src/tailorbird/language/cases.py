"""Golden cases: definitions, what happened, and who must be where at which instant, as text.

A case file is YAML, one case a document::

    case: three views of one product in seven days
    segments:
      repeat_viewer: count("Product Viewed", where=properties.product_id == "X", last="7d") >= 3
    facts: |
      ann 2024-03-01T10:00Z Product Viewed {product_id: X}
      bob 2024-03-01T10:00Z Product Viewed {product_id: Y, price: 12.5} id=m7 source=shop
    expect: |
      2024-03-01T10:00Z  repeat_viewer: nobody
                         score interest: ann=3, bob=missing

Facts stand in the order of their arrival. After its name and properties a fact may have
``id= known= act= signal= source= context=``. Without them the id is ``f001`` and so on by line,
known is the latest time of the facts so far, acts are what has no reserved name, every signal
is active. In ``expect`` an identifier stands for the person that it belongs to; a line without
an instant means the one above; a segment lists everybody in it. ``tense: known then`` asks what
was known at each instant. A case without definitions of its own has those of the case above.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from tailorbird.kernel.errors import InputError
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import format_instant, parse_duration, parse_instant, zone
from tailorbird.kernel.values import MISSING, Value, read_json, write_json
from tailorbird.language.definitions import KINDS, PERSONAS, Key

SECTIONS: Final = ("traits", "scores", "segments", "personas")
NOBODY: Final = "nobody"
NO_PERSONA: Final = "none"

_UTC: Final = zone("UTC")
_TEXT: Final = r'"(?:\\.|[^"\\])*"'
_HEADER: Final = re.compile(r"(case|tense|facts|expect|traits|scores|segments|personas):(.*)")
_FACT: Final = re.compile(rf"\s*({_TEXT}|\S+)\s+(\S+)\s+({_TEXT}|.*?)\s*(\{{.*|\w+=.*)?")
_EXPECTED: Final = re.compile(rf"\s*(\d{{4}}-\S+)?\s*(\w+)?(?:\s+({_TEXT}|\w+))?\s*:\s+(.*)")
_TOKEN: Final = re.compile(rf"{_TEXT}|[A-Za-z_$][\w$-]*|-?\d[\w.+-]*|.", re.DOTALL)
_JSON_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_WORDS: Final = frozenset({"true", "false", "null", "NaN", "Infinity"})


class CaseError(InputError):
    """A case file that cannot be read, with file and line."""

    def __init__(self, file: str, line: int, message: str) -> None:
        self.file = file
        self.line = line
        super().__init__(f"{file}:{line}: {message}")


@dataclass(frozen=True, slots=True)
class Expected:
    """What one definition must answer at one instant, by identifier."""

    at_us: int
    key: Key
    values: Mapping[str, Value]
    line: int
    everybody: bool
    """Whether people that are not named must be out: so for segments."""

    def of(self, subject: str) -> Value | None:
        """The expected answer for an identifier; None when nothing is expected."""
        return self.values.get(subject, False if self.everybody else None)


@dataclass(frozen=True, slots=True)
class Case:
    """One golden case."""

    title: str
    file: str
    line: int
    definitions: str
    """YAML of the definitions alone, every line where it stands in the file."""
    facts: tuple[Fact, ...]
    expected: tuple[Expected, ...]
    known_then: bool = False


def read_cases(path: Path) -> list[Case]:
    """The cases of a file; raises `CaseError` with the line of the first fault."""
    return parse_cases(path.read_text(encoding="utf-8"), path.name)


def parse_cases(text: str, file: str = "<case>") -> list[Case]:
    """Like `read_cases`, of a text."""
    found: list[Case] = []
    lines = text.split("\n")
    start = 0
    for end in [i for i, line in enumerate(lines) if line.rstrip() == "---"] + [len(lines)]:
        document = dict(enumerate(lines[start:end], start + 1))
        if any(line.strip() and not line.startswith("#") for line in document.values()):
            found.append(_Document(file, document).read(found[-1] if found else None))
        start = end + 1
    return found


@dataclass(frozen=True, slots=True)
class _Document:
    """The numbered lines of one case."""

    file: str
    lines: Mapping[int, str]

    def read(self, above: Case | None) -> Case:
        title, tense, first = "", "", 0
        parts: dict[str, dict[int, str]] = {}
        section = ""
        for number, line in self.lines.items():
            header = _HEADER.fullmatch(line)
            if header:
                section = header[1]
                parts[section] = {}
                if section == "case":
                    title, first = header[2].strip(), number
                elif section == "tense":
                    tense = header[2].strip()
            elif line.strip() and not line.startswith((" ", "#")):
                self._refuse(number, f"{line.strip()!r} is no part of a case")
            if section:
                parts[section][number] = line
        if not title:
            self._refuse(min(self.lines), "a case begins with its name: `case: ...`")
        if tense not in ("", "known then", "hindsight"):
            self._refuse(first, f"the tense is `hindsight` or `known then`, not {tense!r}")
        definitions = self._definitions(parts)
        if not definitions.strip() and above is not None:
            definitions = above.definitions
        return Case(
            title,
            self.file,
            first,
            definitions,
            tuple(self._facts(parts.get("facts", {}))),
            tuple(self._expected(parts.get("expect", {}))),
            tense == "known then",
        )

    def _definitions(self, parts: Mapping[str, Mapping[int, str]]) -> str:
        """The lines of the definitions; all other lines are left empty, so that places hold."""
        kept = {number: line for name in SECTIONS for number, line in parts.get(name, {}).items()}
        return "\n".join(kept.get(number, "") for number in range(1, max(kept, default=0) + 1))

    def _facts(self, lines: Mapping[int, str]) -> Iterator[Fact]:
        known_us = 0
        position = 0
        ids: set[str] = set()
        for number, line in list(lines.items())[1:]:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            position += 1
            try:
                fact = _parse_fact(line, position, known_us)
            except ValueError as error:
                self._refuse(number, f"this is no fact: {error}")
            if fact.id in ids:
                self._refuse(number, f"the message id {fact.id!r} stands here twice")
            ids.add(fact.id)
            known_us = max(known_us, fact.known_us)
            yield fact

    def _expected(self, lines: Mapping[int, str]) -> Iterator[Expected]:
        at_us: int | None = None
        for number, line in list(lines.items())[1:]:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            match = _EXPECTED.fullmatch(line)
            if match is None:
                self._refuse(number, "an expectation is `INSTANT  SEGMENT: ann, bob`")
            instant, first, second, answers = match.groups()
            if instant is not None:
                at_us = parse_instant(instant, _UTC)
            if at_us is None:
                self._refuse(number, f"an expectation needs an instant, not {instant!r}")
            try:
                key = _key(first, second)
                values = _answers(key, answers)
            except ValueError as error:
                self._refuse(number, str(error))
            yield Expected(at_us, key, values, number, key[0] == "segment")

    def _refuse(self, number: int, message: str) -> NoReturn:
        raise CaseError(self.file, number, message)


def _parse_fact(line: str, position: int, known_us: int) -> Fact:
    match = _FACT.fullmatch(line)
    if match is None:
        raise ValueError("it is `WHO INSTANT NAME {properties} key=value ...`")
    subject, time, name, rest = match.groups()
    time_us = _instant(time)
    properties: Value = {}
    settings = rest or ""
    if settings.startswith("{"):
        end = _end_of_value(settings, 0)
        properties, settings = _read_value(settings[:end]), settings[end:]
    given = dict(_settings(settings))
    name = _unquoted(name)
    return Fact(
        subject=_unquoted(subject),
        time_us=time_us,
        id=given.pop("id", f"f{position:03d}"),
        name=name,
        properties=cast(dict[str, Any], properties),
        context=cast(dict[str, Any], _read_value(given.pop("context", "{}"))),
        act=_yes(given.pop("act", "no" if name.startswith("$") else "yes")),
        active=given.pop("signal", "active") == "active",
        source=given.pop("source", "web"),
        position=position,
        known_us=_instant(given.pop("known")) if "known" in given else max(known_us, time_us),
    )._replace(**_nothing_left(given))


def _nothing_left(given: Mapping[str, str]) -> dict[str, Any]:
    if given:
        raise ValueError(f"a fact has id known act signal source context, not {sorted(given)}")
    return {}


def _settings(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while text[position:].strip():
        match = re.compile(r"\s*(\w+)=").match(text, position)
        if match is None:
            raise ValueError(f"{text[position:].strip()!r} is no key=value")
        end = _end_of_value(text, match.end())
        yield match[1], _unquoted(text[match.end() : end])
        position = end


def _end_of_value(text: str, start: int) -> int:
    """Where a value ends: at the first comma or space outside of brackets and quotes."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
        elif depth == 0 and token[0] in ", ":
            return token.start()
    return len(text)


def _read_value(text: str) -> Value:
    """JSON in which words need no quotes; an instant or a duration is its microseconds."""
    if (length_us := parse_duration(text)) is not None:
        return length_us
    if (at_us := parse_instant(text, _UTC)) is not None:
        return at_us
    if text == "missing":
        return MISSING
    strict = "".join(
        json.dumps(token) if _is_word(token) else token for token in _TOKEN.findall(text)
    )
    return read_json(strict)


def _is_word(token: str) -> bool:
    if token[0].isdigit() or (len(token) > 1 and token[0] == "-"):
        return not _JSON_NUMBER.fullmatch(token)
    return (token[0].isalpha() or token[0] in "_$") and token not in _WORDS


def _instant(text: str) -> int:
    at_us = parse_instant(text, _UTC)
    if at_us is None:
        raise ValueError(f"{text!r} is no instant such as 2024-03-01T10:00Z")
    return at_us


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"act is yes or no, not {text!r}")
    return text == "yes"


def _unquoted(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _key(first: str | None, second: str | None) -> Key:
    if first == "persona" and second is None:
        return PERSONAS
    if second is None and first is not None:
        return "segment", first
    for kind in KINDS:
        if first == kind and second is not None:
            return kind, _unquoted(second)
    raise ValueError(f"{first!r} is not a trait, score, segment or persona")


def _answers(key: Key, text: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    position = 0
    while position < len(text):
        end = _end_of_answer(text, position)
        word = text[position:end].strip()
        position = end + 1
        if word == NOBODY or not word:
            continue
        who = re.match(rf"({_TEXT}|[^\s=]+)(?:=(.*))?", word)
        assert who is not None
        found[_unquoted(who[1])] = True if key[0] == "segment" else _answer(key, who[2])
    return found


def _end_of_answer(text: str, start: int) -> int:
    end = _end_of_value(text, start)
    while end < len(text) and text[end] == " ":
        end = _end_of_value(text, end + 1)
    return end


def _answer(key: Key, text: str | None) -> Value:
    if text is None:
        raise ValueError(f"say which value of {key[0]} {key[1]}: ann=3")
    return MISSING if key == PERSONAS and text == NO_PERSONA else _read_value(text)


def write_case(case: Case) -> str:
    """The text of a case, which `parse_cases` reads back."""
    parts = [f"case: {case.title}"]
    if case.known_then:
        parts.append("tense: known then")
    parts.append("\n".join(line for line in case.definitions.split("\n") if line.strip()))
    parts.append("facts: |")
    parts += [f"  {write_fact(fact)}" for fact in case.facts]
    parts.append("expect: |")
    parts += [f"  {_write_expected(expected)}" for expected in case.expected]
    return "\n".join(part for part in parts if part) + "\n"


def write_fact(fact: Fact) -> str:
    """One fact as a line of a case."""
    words = [_quoted(fact.subject), format_instant(fact.time_us), _quoted_name(fact.name)]
    if fact.properties:
        words.append(_shown(fact.properties))
    words += [f"id={_quoted(fact.id)}", f"known={format_instant(fact.known_us)}"]
    if fact.act == fact.name.startswith("$"):
        words.append(f"act={'yes' if fact.act else 'no'}")
    if not fact.active:
        words.append("signal=passive")
    if fact.source != "web":
        words.append(f"source={_quoted(fact.source)}")
    if fact.context:
        words.append(f"context={_shown(fact.context)}")
    return " ".join(words)


def _shown(value: Value) -> str:
    """JSON with plain keys, in which what could not be read is ``NaN``."""
    if value is MISSING:
        return "NaN"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    if isinstance(value, dict):
        pairs = (f"{_shown_key(key)}: {_shown(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    return write_json(value)


def _shown_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_$][\w$-]*", key) and key not in _WORDS else json.dumps(key)


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w$.:@-]+", text) else json.dumps(text)


def _quoted_name(name: str) -> str:
    return name if re.fullmatch(r"[\w$.:@ -]+", name) and "=" not in name else json.dumps(name)


def _write_expected(expected: Expected) -> str:
    kind, name = expected.key
    label = "persona" if expected.key == PERSONAS else f"{kind} {_quoted(name)}"
    if expected.everybody:
        inside = [_quoted(who) for who, value in sorted(expected.values.items()) if value is True]
        answers = ", ".join(inside) or NOBODY
    else:
        answers = ", ".join(
            f"{_quoted(who)}={'missing' if value is MISSING else _shown(value)}"
            for who, value in sorted(expected.values.items())
        )
    return f"{format_instant(expected.at_us)}  {label}: {answers}"
