"""Columns of numbers and text for DuckDB to pull, chunk after chunk, while a query runs.

DuckDB reads any object with ``__arrow_c_stream__``. This is the smallest such object: the
structures of the Arrow C stream interface by ctypes, over NumPy buffers that are not copied.
Packed texts are told as views (``Utf8View``): they stay where they lie.
A query over it needs memory for the chunks in flight alone.

https://arrow.apache.org/docs/format/CStreamInterface.html
"""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, ClassVar, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tailorbird.events.packed import Texts

Form: TypeAlias = Literal["number", "text", "packed"]
Cells: TypeAlias = "NDArray[Any] | Sequence[str | None] | Texts"
"""Numbers: 64-bit integers, absent where masked. Text: absent where None. Packed text."""
Chunk: TypeAlias = Mapping[str, Cells]

_FORMATS: Final[dict[Form, bytes]] = {"number": b"l", "text": b"u", "packed": b"vu"}
_NULLABLE: Final = 2
_INLINE_BYTES: Final = 12
"""A view holds texts that are no longer itself."""
_PART_BITS: Final = 30
"""A view's offset has 31 bits: memory is told in parts of half of that, which overlap by one."""
_EXCUSE: Final = ctypes.create_string_buffer(b"the rows could not be made")


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    pass


_ReleaseSchema = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))
_ReleaseArray = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))
_GetSchema = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))
_GetNext = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))
_GetLastError = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(_Stream))
_ReleaseStream = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))

_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", _ReleaseSchema),
    ("private_data", ctypes.c_void_p),
]
_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.POINTER(_Array)),
    ("release", _ReleaseArray),
    ("private_data", ctypes.c_void_p),
]
_Stream._fields_ = [
    ("get_schema", _GetSchema),
    ("get_next", _GetNext),
    ("get_last_error", _GetLastError),
    ("release", _ReleaseStream),
    ("private_data", ctypes.c_void_p),
]

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class ArrowStream:
    """A table that is read once: name it in a query of the connection in whose scope it stands.

    Keep the object until the query has ended. What the chunks raise is kept in `failure`.
    """

    _CAPSULE: ClassVar[bytes] = b"arrow_array_stream"

    def __init__(self, forms: Mapping[str, Form], chunks: Iterator[Chunk]) -> None:
        self._forms = forms
        self._chunks = chunks
        self.owned: dict[int, object] = {}
        """Buffers that the engine still reads, until it releases them."""
        self._tokens = count(1)
        self.failure: BaseException | None = None
        self._release_schema = _ReleaseSchema(_schema_released)
        self._release_array = _ReleaseArray(self._array_released)
        self._stream = _Stream(
            get_schema=_GetSchema(self._give_schema),
            get_next=_GetNext(self._give_next),
            get_last_error=_GetLastError(lambda _stream: ctypes.addressof(_EXCUSE)),
            release=_ReleaseStream(_stream_released),
        )

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        capsule: object = _new_capsule(ctypes.addressof(self._stream), self._CAPSULE, None)
        return capsule

    def _give_schema(self, _stream: Any, out: Any) -> int:
        columns = [
            _Schema(
                format=_FORMATS[form],
                name=name.encode(),
                flags=_NULLABLE,
                release=self._release_schema,
            )
            for name, form in self._forms.items()
        ]
        pointers = _pointers(_Schema, columns)
        table = out.contents
        table.format, table.name, table.metadata = b"+s", b"", None
        table.flags, table.n_children = 0, len(columns)
        table.children, table.dictionary = pointers, None
        table.release, table.private_data = self._release_schema, None
        self.owned[next(self._tokens)] = (columns, pointers)
        return 0

    def _give_next(self, _stream: Any, out: Any) -> int:
        try:
            chunk = next(self._chunks, None)
            if chunk is None:
                out.contents.release = _ReleaseArray()
            else:
                self._fill(out.contents, chunk)
        except BaseException as failure:  # nothing may pass through the engine's frames
            self.failure = failure
            return errno.EIO
        return 0

    def _fill(self, table: Any, chunk: Chunk) -> None:
        columns = [self._column(chunk[name]) for name in self._forms]
        pointers = _pointers(_Array, columns)
        self._describe(table, columns[0].length, [None], (columns, pointers))
        table.n_children, table.children = len(columns), pointers

    def _column(self, cells: Cells) -> Any:
        if isinstance(cells, Texts):
            length, buffers = len(cells.starts), _view_buffers(cells)
        elif isinstance(cells, np.ndarray):
            length, buffers = len(cells), _number_buffers(cells)
        else:
            length, buffers = len(cells), _text_buffers(cells)
        column = _Array()
        self._describe(column, length, buffers, None)
        column.null_count = -1 if buffers[0] is not None else 0
        return column

    def _describe(
        self, array: Any, length: int, buffers: Sequence[NDArray[Any] | None], also: object
    ) -> None:
        addresses = (ctypes.c_void_p * len(buffers))(
            *(None if buffer is None else buffer.ctypes.data for buffer in buffers)
        )
        token = next(self._tokens)
        self.owned[token] = (buffers, addresses, also)
        array.length, array.null_count, array.offset = length, 0, 0
        array.n_buffers, array.buffers = len(buffers), addresses
        array.n_children, array.children, array.dictionary = 0, None, None
        array.release, array.private_data = self._release_array, token

    def _array_released(self, pointer: Any) -> None:
        array = pointer.contents
        for number in range(array.n_children):
            child = array.children[number]
            if child.contents.release:
                child.contents.release(child)
        self.owned.pop(array.private_data, None)
        array.release = _ReleaseArray()


def _schema_released(pointer: Any) -> None:
    pointer.contents.release = _ReleaseSchema()


def _stream_released(pointer: Any) -> None:
    pointer.contents.release = _ReleaseStream()


def _pointers(kind: type[ctypes.Structure], items: Sequence[Any]) -> Any:
    return (ctypes.POINTER(kind) * len(items))(*(ctypes.pointer(item) for item in items))


def _number_buffers(cells: NDArray[Any]) -> list[NDArray[Any] | None]:
    values = np.ascontiguousarray(np.ma.getdata(cells), dtype=np.int64)
    mask = np.ma.getmask(cells)
    absent = np.broadcast_to(np.asarray(mask, dtype=np.bool_), values.shape)
    return [_validity(~absent) if absent.any() else None, values]


def _text_buffers(cells: Sequence[str | None]) -> list[NDArray[Any] | None]:
    present = np.array([cell is not None for cell in cells], dtype=np.bool_)
    encoded = [b"" if cell is None else cell.encode() for cell in cells]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    data = np.frombuffer(b"".join(encoded) or b"\0", dtype=np.uint8)
    return [None if present.all() else _validity(present), offsets, data]


def _view_buffers(cells: Texts) -> list[NDArray[Any] | None]:
    """Each view is a length, and then the text or its first four bytes and where it lies."""
    data = np.frombuffer(cells.data or b"\0", dtype=np.uint8)
    present, lengths = cells.lengths >= 0, np.maximum(cells.lengths, 0)
    views = np.zeros((len(lengths), 4 + _INLINE_BYTES), dtype=np.uint8)
    views[:, :4] = _as_bytes(lengths)
    places = np.arange(_INLINE_BYTES)
    short = np.flatnonzero(lengths <= _INLINE_BYTES)
    # What lies behind the end of the memory is not looked at.
    found = data[np.minimum(cells.starts[short][:, None] + places, len(data) - 1)]
    views[short, 4:] = np.where(places < lengths[short][:, None], found, 0)
    long = np.flatnonzero(lengths > _INLINE_BYTES)
    starts = cells.starts[long]
    views[long, 4:8] = data[starts[:, None] + places[:4]]
    views[long, 8:12] = _as_bytes(starts >> _PART_BITS)
    views[long, 12:] = _as_bytes(starts & ((1 << _PART_BITS) - 1))
    parts = [data[at : at + (2 << _PART_BITS)] for at in range(0, len(data), 1 << _PART_BITS)]
    sizes = np.array([len(part) for part in parts], dtype=np.int64)
    return [None if present.all() else _validity(present), views, *parts, sizes]


def _as_bytes(numbers: NDArray[Any]) -> NDArray[np.uint8]:
    return numbers.astype("<i4")[:, None].view(np.uint8)


def _validity(present: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.packbits(present, bitorder="little")
