"""Tags that a tracking plan puts on messages: kind of page, kind of device, campaign.

What a message says by itself is never changed; a tag fills in what it leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_plus

from tailorbird.events.agents import device_of
from tailorbird.events.memo import Memo
from tailorbird.kernel.values import MISSING, at_path
from tailorbird.language.text import PatternSet

CAMPAIGN: Final = {
    "utm_source": "source",
    "utm_medium": "medium",
    "utm_campaign": "name",
    "utm_term": "term",
    "utm_content": "content",
    "utm_id": "id",
}
"""Parameters of an address, and the keys of ``context.campaign``."""
_MOST_URL: Final = 8_192
_MOST_FIELDS: Final = 100
_REMEMBERED: Final = 10_000


class Page(NamedTuple):
    """Pages of a kind: those whose path has this pattern."""

    path: str
    type: str


class Tags:
    """Which tags are put on messages."""

    def __init__(
        self, pages: Sequence[Page] = (), *, device: bool = False, campaign: bool = False
    ) -> None:
        """The first of the pages that fits says the kind."""
        self.pages = tuple(pages)
        self.device = device
        self.campaign = campaign
        self._paths = PatternSet(page.path for page in self.pages)
        self._types = Memo(self._type_of)

    def __bool__(self) -> bool:
        return bool(self.pages) or self.device or self.campaign

    def page_type(self, path: str) -> str | None:
        """What kind of page has a path.

        >>> Tags([Page("^/p/", "product"), Page("", "other")]).page_type("/p/1")
        'product'
        """
        self._types.forget_if_large()
        return self._types[path]

    def _type_of(self, path: str) -> str | None:
        found = self._paths.first(path)
        return None if found is None else self.pages[found].type


UNTAGGED: Final = Tags()


def tagged_context(
    context: Mapping[str, Any], properties: Mapping[str, Any], tags: Tags
) -> dict[str, Any] | None:
    """The context with its tags; None where nothing is added.

    >>> context = {"page": {"url": "https://shop.example/p/1?utm_source=mail"}}
    >>> tagged_context(context, {}, Tags([Page("^/p/", "product")]))["page"]["type"]
    'product'
    """
    new: dict[str, dict[str, Any]] = {}
    url = _url(context, properties)
    if tags.pages and _is_free(context, "page", "type"):
        path = path_said(context, properties)
        kind = tags.page_type(path) if path else None
        if kind is not None:
            new["page"] = {"type": kind}
    if tags.device and _is_free(context, "device", "class"):
        agent = _text(context, "userAgent")
        if agent:
            new["device"] = {"class": device_of(agent)}
    if tags.campaign and "campaign" not in context:
        search = _text(context, "page", "search") or _text(properties, "search") or _query(url)
        if "utm_" in search and (campaign := _campaign(search)):
            new["campaign"] = dict(campaign)
    if not new:
        return None
    return {**context, **{key: {**context.get(key, {}), **tag} for key, tag in new.items()}}


def path_said(context: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    """The path of the page that a message says that it is about; empty when it says none."""
    said = _text(context, "page", "path") or _text(properties, "path")
    return said or _path(_url(context, properties))


def _url(context: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    return _text(context, "page", "url") or _text(properties, "url") or ""


def _text(value: Any, *path: str) -> str | None:
    found = at_path(value, path)
    return found if isinstance(found, str) else None


def _is_free(context: Mapping[str, Any], key: str, inner: str) -> bool:
    """Whether a tag has a place: an object that does not say it, or nothing so far."""
    there = context.get(key, MISSING)
    return there is MISSING or (isinstance(there, dict) and inner not in there)


def _path(url: str) -> str:
    """The path of an address, as `urlsplit` has it, and several times faster."""
    whole = url[:_MOST_URL].partition("#")[0].partition("?")[0]
    host = whole.partition("://")[2]
    if not host:
        return whole
    return "/" + host.partition("/")[2]


def _query(url: str) -> str:
    return url[:_MOST_URL].partition("#")[0].partition("?")[2]


@lru_cache(maxsize=_REMEMBERED)
def _campaign(search: str) -> Mapping[str, str]:
    """What the parameters say, the first of each name."""
    named: dict[str, str] = {}
    for part in search[:_MOST_URL].removeprefix("?").split("&", _MOST_FIELDS)[:_MOST_FIELDS]:
        name, _, value = part.partition("=")
        if value and name in CAMPAIGN:
            named.setdefault(CAMPAIGN[name], unquote_plus(value))
    return named
