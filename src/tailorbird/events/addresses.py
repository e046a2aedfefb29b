"""Addresses of databases: secrets come from the environment and are shown to nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from tailorbird.kernel.errors import InputError

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")
_SECRET_FIELDS: Final = re.compile(r"(?i)([?&](?:password|sslpassword|token|secret)=)[^&]*")
_HIDDEN: Final = "***"


class Address(NamedTuple):
    """Where a database is."""

    written: str
    """As it stands in a file or on the command line, with the names of variables."""
    text: str
    """With what these variables say."""
    folder: str = ""
    """From where files are looked for; empty: from the present folder."""

    @property
    def scheme(self) -> str:
        """Which kind of database it is."""
        return self.text.partition("://")[0].lower()

    @property
    def rest(self) -> str:
        """What stands behind ``scheme://``."""
        return self.text.partition("://")[2]

    @property
    def path(self) -> str:
        """The file of a database that is one: ``sqlite:///shop.db`` is below the folder here.

        >>> address_of("sqlite:////srv/shop.db", {}).path, address_of("sqlite:///shop.db", {}).path
        ('/srv/shop.db', 'shop.db')
        """
        path = unquote(self.rest.removeprefix("/"))
        is_file = self.folder and not path.startswith(("/", ":"))
        return f"{self.folder}/{path}" if is_file else path

    @property
    def shown(self) -> str:
        """For people and logs: without user, password and secrets among the parameters.

        >>> address_of("postgresql://ann:secret@db/shop?password=x&sslmode=require", {}).shown
        'postgresql://db/shop?password=***&sslmode=require'
        """
        scheme, mark, rest = self.written.partition("://")
        place, slash, path = rest.partition("/")
        return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}" + _SECRET_FIELDS.sub(
            rf"\1{_HIDDEN}", path
        )

    def hides(self, said: str) -> str:
        """What somebody else said about it, without its secrets."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            said = said.replace(secret, _HIDDEN)
        return said

    def _secrets(self) -> set[str]:
        found = {self.text}
        place = self.rest.partition("/")[0].rpartition("@")[0]
        found.add(unquote(place.partition(":")[2]))
        found.add(place.partition(":")[2])
        found |= {part.partition("=")[2] for part in self.rest.partition("?")[2].split("&")} & {
            match[0].partition("=")[2] for match in _SECRET_FIELDS.finditer(self.rest)
        }
        return {secret for secret in found if len(secret) > 2}

    @property
    def has_written_secret(self) -> bool:
        """Whether a password stands where a variable should."""
        place = self.written.partition("://")[2].partition("/")[0].rpartition("@")[0]
        password = place.partition(":")[2]
        fields = [match[0].partition("=")[2] for match in _SECRET_FIELDS.finditer(self.written)]
        return any(said and not _VARIABLE.fullmatch(said) for said in (password, *fields))


def address_of(written: str, environment: Mapping[str, str], folder: str = "") -> Address:
    """An address with what ``${NAME}`` in it stands for; raises `InputError`.

    >>> address_of("postgresql://shop:${SHOP_PASSWORD}@db/shop", {"SHOP_PASSWORD": "x"}).text
    'postgresql://shop:x@db/shop'
    """
    text = expanded(written, environment)
    scheme, mark, rest = text.partition("://")
    if not mark or not _SCHEME.fullmatch(scheme.lower()) or not rest:
        raise InputError(
            "an address of a database is written like sqlite:///shop.db, duckdb:///shop.duckdb "
            "or postgresql://user:${SHOP_PASSWORD}@host/shop"
        )
    address = Address(written, text, folder)
    try:
        urlsplit(text)
    except ValueError as error:
        raise InputError(f"{address.shown} is no address: {error}") from error
    return address


def fault_of_address(written: str) -> str:
    """What is wrong with how an address is written, before anybody knows its variables.

    >>> fault_of_address("postgresql://shop:${SHOP_PASSWORD}@db/shop"), fault_of_address("${SHOP}")
    ('', '')
    """
    if written.startswith("${"):
        return ""
    try:
        address_of(written, dict.fromkeys(variables_in(written), "x"))
    except InputError as error:
        return str(error)
    return ""


def expanded(written: str, environment: Mapping[str, str]) -> str:
    """A text with what ``${NAME}`` in it stands for; raises `InputError`."""
    for name in variables_in(written):
        if name not in environment:
            raise InputError(f"the variable {name} of the environment is needed, and is not set")
    return _VARIABLE.sub(lambda match: environment[match[1]], written)


def variables_in(text: str) -> list[str]:
    """The names of variables that a text asks for.

    >>> variables_in("postgresql://${USER_NAME}:${PASSWORD}@db/shop")
    ['USER_NAME', 'PASSWORD']
    """
    return _VARIABLE.findall(text)
