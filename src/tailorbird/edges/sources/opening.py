"""Files to rows and mappings, by what they are called and what they begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tailorbird.edges.sources.csv_file import CsvFile
from tailorbird.edges.sources.jsonl_file import JsonlFile
from tailorbird.edges.sources.line_readers import reader_of
from tailorbird.edges.sources.parquet_file import ParquetFile
from tailorbird.events.json_rows import read_object
from tailorbird.events.mapping import Mapping, parse_mapping
from tailorbird.events.ready_mappings import READY, ready_mapping
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.ports.files import RowFile

_FORMATS: Final = {
    "csv": "csv",
    "tsv": "csv",
    "txt": "csv",
    "dat": "csv",
    "parquet": "parquet",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "jsonl",
}

_OF_LINES: Final = ("access-log", "cloudevents", "segment")
"""Formats whose mapping says how a line is read, however the file is called."""


def load_mapping(name_or_file: str) -> Mapping:
    """A ready mapping by its name, or one from a file.

    Raises `UnknownNameError` for a name that is neither, `DefinitionError` for faults in the file.
    """
    if name_or_file in READY:
        return ready_mapping(name_or_file)
    path = Path(name_or_file)
    if not path.is_file():
        raise UnknownNameError("mapping or mapping file", name_or_file, READY)
    try:
        if path.stat().st_size > limits.DEFINITION_FILE_BYTES:
            raise InputError(f"{path} is too large for a mapping")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return parse_mapping(text, str(path), path.stem)


def open_rows(path: Path, mapping: Mapping, secret: bytes = b"") -> RowFile:
    """Open an event file; raises `InputError` when it is not there or not what the mapping says.

    ``secret`` makes the hashes that stand for visitors in an access log.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    chosen = format_of(path, mapping)
    try:
        path.open("rb").close()
        if chosen == "parquet":
            return ParquetFile(path, mapping)
        if chosen == "csv":
            return CsvFile(path, mapping)
        read = reader_of(mapping, secret) if mapping.format in _OF_LINES else read_object
        return JsonlFile(path, mapping, read)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def format_of(path: Path, mapping: Mapping) -> str:
    """The format of a file: its ending tells, else the mapping."""
    name = path.name.lower().removesuffix(".gz")
    ending = name.rpartition(".")[2] if "." in name else ""
    of_mapping = "jsonl" if mapping.format in _OF_LINES else mapping.format
    found = _FORMATS.get(ending)
    if mapping.holds_messages and found == "parquet":
        raise InputError(f"{path} is Parquet; the mapping {mapping.name} reads JSON lines")
    if mapping.format == "access-log" and found in ("parquet", "jsonl"):
        raise InputError(f"{path} is no access log; the mapping {mapping.name} reads those")
    by_mapping = mapping.format in _OF_LINES or found is None
    chosen = of_mapping if by_mapping else found
    if chosen is None:
        raise InputError(
            f"nothing says what {path} is: its name should end in one of "
            f"{', '.join('.' + ending for ending in _FORMATS)}, with .gz after it when compressed, "
            "or the mapping should say `format`"
        )
    return chosen
