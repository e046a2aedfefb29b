"""The list of contents of a backup: what belongs to it, how far it reaches, with checksums."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from tailorbird.edges.backups.parts import Part
from tailorbird.edges.logs.raw_groups import LogCut
from tailorbird.kernel.errors import InputError

_PLAIN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]*")
"""Names that lead out of no folder."""
FORM: Final = 1
"""The version of this form."""


class Copy(NamedTuple):
    """A file that was copied as it is."""

    file: str
    bytes: int
    sha256: str


class Contents(NamedTuple):
    """All of a backup. It holds no key and nothing that can be made from the log again."""

    made_us: int
    """The instant of the cut."""
    log: LogCut
    parts: tuple[Part, ...]
    registry: Copy
    version: int
    """The number of the newest published version; 0 without any."""
    settings: Copy
    seal: str = ""
    """What only who has the workspace's keys can write: a registry says who may do what."""

    def sealed(self, secret: bytes) -> Contents:
        """The same with its seal: HMAC with SHA-256 (RFC 2104) over all else that it says."""
        said = msgspec.json.encode(self._replace(seal=""))
        return self._replace(seal=hmac.new(secret, said, sha256).hexdigest())

    def is_sealed(self, secret: bytes) -> bool:
        """Whether its seal is right."""
        return hmac.compare_digest(self.seal.encode(), self.sealed(secret).seal.encode())

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(part.bytes for part in self.parts) + self.registry.bytes + self.settings.bytes


def write_contents(contents: Contents) -> bytes:
    """The list as JSON, with a checksum of itself."""
    log = contents.log._asdict() | {"keyring": contents.log.keyring.hex()}
    body = {
        "form": FORM,
        "made_us": contents.made_us,
        "log": log,
        "parts": [part._asdict() for part in contents.parts],
        "registry": contents.registry._asdict(),
        "version": contents.version,
        "settings": contents.settings._asdict(),
        "seal": contents.seal,
    }
    whole = {**body, "sha256": _digest(body)}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def read_contents(data: bytes, name: str) -> Contents:
    """The list that some bytes hold; raises `InputError` that names the file."""
    try:
        body: dict[str, Any] = msgspec.json.decode(data, type=dict[str, Any])
        form = body["form"]
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        raise InputError(f"the backup is damaged: {name} is no list of contents") from error
    if isinstance(form, int) and form > FORM:
        raise InputError(
            f"{name} was written by a newer version of Tailorbird (it has form {form}, this "
            f"program knows {FORM}): restore it with that version"
        )
    if body.pop("sha256", None) != _digest(body):
        raise InputError(
            f"the backup is damaged: {name} has another checksum than it was written with"
        )
    try:
        body["log"]["keyring"] = bytes.fromhex(body["log"]["keyring"])
        told = {name: body[name] for name in Contents._fields}
        told["log"] = list(LogCut(**told["log"]))
        told["parts"] = [list(Part(**part)) for part in told["parts"]]
        told |= {name: list(Copy(**told[name])) for name in ("registry", "settings")}
        contents = msgspec.convert(list(told.values()), Contents)
    except (msgspec.ValidationError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the backup is damaged: {name} is no list of contents") from error
    for file in (contents.registry.file, contents.settings.file, *(p.file for p in contents.parts)):
        if not _PLAIN.fullmatch(file):
            raise InputError(f"the backup is damaged: {name} names {file!r}, no file of its own")
    return contents


def _digest(body: dict[str, Any]) -> str:
    return sha256(msgspec.json.encode(body, order="sorted")).hexdigest()
