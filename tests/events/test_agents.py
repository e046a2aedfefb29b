"""Robots are told from people's devices, and devices from each other."""

from __future__ import annotations

import pytest

from tailorbird.events.agents import device_of, robot_of

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
PEOPLE = {
    "phone": [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148",
        f"Mozilla/5.0 (Linux; Android 13; Pixel 7) {CHROME} Mobile Safari/537.36",
    ],
    "tablet": [
        "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148",
        f"Mozilla/5.0 (Linux; Android 13; SM-X700) {CHROME} Safari/537.36",
    ],
    "desktop": [
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
        f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36",
    ],
    "tv": [f"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) {CHROME} TV Safari/537.36"],
}
ROBOTS = {
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "list",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)": "list",
    "curl/8.0.1": "list",
    "python-requests/2.31.0": "list",
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME.replace('Chrome', 'HeadlessChrome')}": "headless",
    "Mozilla/5.0 (Unknown; Linux) AppleWebKit/538.1 PhantomJS/2.1.1 Safari/538.1": "headless",
}


@pytest.mark.parametrize(("kind", "agent"), [(k, a) for k, some in PEOPLE.items() for a in some])
def test_people_have_devices_and_are_no_robots(kind: str, agent: str) -> None:
    assert device_of(agent) == kind
    assert robot_of(agent) is None


@pytest.mark.parametrize("agent", ROBOTS)
def test_robots_are_known_by_the_list_or_by_their_mark(agent: str) -> None:
    found = robot_of(agent)
    assert found is not None
    assert found.by == ROBOTS[agent]


def test_what_is_nothing_known_is_neither() -> None:
    for agent in ("", "x" * 100_000, "\x00\ud800", "an app of ours 1.2"):
        assert device_of(agent) == "other"
        assert robot_of(agent) is None
