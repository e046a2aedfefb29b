"""What a user agent is: a person's device, or a program that looks at pages by itself."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from tailorbird.kernel import limits
from tailorbird.language.text import PatternSet

if TYPE_CHECKING:
    from ua_parser import Parser

Device = Literal["phone", "tablet", "desktop", "tv", "watch", "other"]
DEVICES: Final[tuple[Device, ...]] = get_args(Device)

_REMEMBERED: Final = 20_000
_TV: Final = re.compile(r"\bTV\b|SmartTV|SMART-TV|AppleTV|BRAVIA|Roku|CrKey|Web0S|AFT[A-Z]\b")
_HEADLESS: Final = re.compile(
    r"Headless|PhantomJS|SlimerJS|Puppeteer|Playwright|Selenium|webdriver|Cypress|jsdom",
    re.IGNORECASE,
)
_DESKTOP: Final = frozenset(
    {"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD"}
)
_OF_SYSTEM: Final[dict[str, Device]] = {
    **dict.fromkeys(_DESKTOP, "desktop"),
    "tvOS": "tv",
    "ATV OS X": "tv",
    "WatchOS": "watch",
    "Windows Phone": "phone",
    "KaiOS": "phone",
    "BlackBerry OS": "phone",
}


class Robot(NamedTuple):
    """Why a user agent is none of a person's."""

    by: Literal["list", "headless"]
    name: str
    """The pattern of the list that it has, or the mark of a browser that nobody looks at."""


@lru_cache(maxsize=_REMEMBERED)
def robot_of(agent: str) -> Robot | None:
    """Whether a user agent is that of a program that looks at pages by itself.

    >>> robot_of("Mozilla/5.0 (compatible; Googlebot/2.1)").name
    'Googlebot'
    """
    agent = _readable(agent)
    # The list has headless browsers too; what they are is said more plainly by their mark.
    if marked := _HEADLESS.search(agent):
        return Robot("headless", marked[0])
    patterns, names = _listed()
    found = patterns.first(agent)
    return None if found is None else Robot("list", names[found])


@cache
def _listed() -> tuple[PatternSet, list[str]]:
    """The patterns of known robots, found together in one pass, and their names."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    patterns = [str(entry["pattern"]) for entry in CRAWLER_USER_AGENTS_DATA]
    names = [re.sub(r"\\(.)|[\[\]()^$]", r"\1", pattern).strip("/ ") for pattern in patterns]
    return PatternSet(patterns), names


@lru_cache(maxsize=_REMEMBERED)
def device_of(agent: str) -> Device:
    """On what kind of device somebody uses a browser or an app.

    >>> device_of("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148")
    'phone'
    """
    agent = _readable(agent)
    if _TV.search(agent):
        return "tv"
    system = _system_of(agent)
    if system in ("iOS", "Android", "Firefox OS"):
        is_tablet = "iPad" in agent or (system == "Android" and "Mobile" not in agent)
        return "tablet" if is_tablet else "phone"
    return _OF_SYSTEM.get(system, "other")


def _readable(agent: str) -> str:
    """Its beginning, without what UTF-8 cannot write."""
    return agent[: limits.AGENT_CHARACTERS].encode("utf-8", "replace").decode()


def _system_of(agent: str) -> str:
    found = _parser().parse_os(agent)
    return "" if found is None else str(found.family)


@cache
def _parser() -> Parser:
    """The parser of systems; its patterns are loaded when they are first used."""
    from ua_parser import Parser
    from ua_parser.loaders import load_builtins
    from ua_parser.re2 import Resolver

    return Parser(Resolver(load_builtins()))
