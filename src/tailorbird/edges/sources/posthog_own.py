"""What PostHog's own events say, in the names that `tailorbird.js` gives to the same.

Their properties begin with a dollar sign; what somebody clicked stands in a text of its own form:
``button.big:attr_id="buy"text="Buy now";div.card:...``, the innermost element first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin

from tailorbird.edges.sources.wire_json import Message, part_of, said
from tailorbird.kernel.values import UNIT, Value

NAMES: Final = {
    "$autocapture": "Element Clicked",
    "$copy_autocapture": "Text Copied",
    "$pageleave": "Page Left",
    "$rageclick": "Rage Clicked",
    "$dead_click": "Dead Clicked",
    "$feature_flag_called": "Feature Flag Called",
    "$exception": "Exception Thrown",
    "$web_vitals": "Web Vitals Measured",
    "$heatmap": "Heatmap Sent",
    "survey shown": "Survey Shown",
    "survey sent": "Survey Sent",
    "survey dismissed": "Survey Dismissed",
}
"""What its own events are called here; of others the dollar sign goes."""
_HAPPENED: Final = {"submit": "Form Submitted", "change": "Element Changed"}
"""What else than a click it captures by itself."""
_ELEMENTS: Final = frozenset({"$autocapture", "$rageclick", "$dead_click"})
_SURVEY: Final = {
    "$survey_id": "survey_id",
    "$survey_name": "survey_name",
    "$survey_response": "response",
    "$survey_completed": "completed",
}
_ANSWER: Final = "$survey_response_"
"""Behind it is the id of the question, in newer kits; a survey may have several."""
PROPERTIES: Final[Mapping[str, Mapping[str, str]]] = {
    "$pageleave": {"$prev_pageview_duration": "seconds"},
    "$feature_flag_called": {
        "$feature_flag": "flag",
        "$feature_flag_response": "response",
    },
    "$exception": {"$exception_type": "type", "$exception_message": "message"},
    "$web_vitals": {
        "$web_vitals_LCP_value": "lcp",
        "$web_vitals_FCP_value": "fcp",
        "$web_vitals_CLS_value": "cls",
        "$web_vitals_INP_value": "inp",
    },
    "survey shown": _SURVEY,
    "survey sent": _SURVEY,
    "survey dismissed": _SURVEY,
}
"""Which properties with a dollar sign are kept of which of its events, and what they are called."""
_CLICKABLE: Final = frozenset({"a", "button", "summary", "label"})
_TEXT_CHARACTERS: Final = 80
"""As many as `tailorbird.js` keeps of what stands on an element."""
_NAME: Final = re.compile(r"[\w-]+\Z")
_NAME_CHARACTERS: Final = 60


def name_of(given: Value, properties: Message) -> Value:
    """What an event is called here.

    >>> name_of("$autocapture", {"$event_type": "submit"}), name_of("$new_thing", {})
    ('Form Submitted', 'New Thing')
    """
    if not isinstance(given, str):
        return given
    if given == "$autocapture":
        event_type = properties.get("$event_type")
        told = _HAPPENED.get(event_type) if isinstance(event_type, str) else None
        return told or NAMES[given]
    known = NAMES.get(given)
    return known or (given[1:].replace("_", " ").title() if given[:1] == "$" else given)


def own_properties(given: Value, properties: Message) -> Message:
    """What an event of its own says; nothing of others.

    >>> own_properties("survey sent", {"$survey_id": "s1", "$survey_response": "good"})
    {'survey_id': 's1', 'response': 'good'}
    """
    if not isinstance(given, str):
        return {}
    if given in _ELEMENTS:
        return _element(properties)
    if given == "$copy_autocapture":
        copied = properties.get("$selected_content")
        return {"characters": len(copied) * UNIT} if isinstance(copied, str) else {}
    if given not in PROPERTIES:
        return {}
    named = PROPERTIES[given]
    found = said(**{ours: properties.get(theirs) for theirs, ours in named.items()})
    if named is _SURVEY:
        answers = {key: value for key, value in properties.items() if key.startswith(_ANSWER)}
        found |= said(**{f"response_{k[len(_ANSWER) :]}": v for k, v in answers.items()})
    return {**_thrown(properties), **found} if given == "$exception" else found


def _thrown(properties: Message) -> Message:
    """The outermost of the exceptions that newer kits send as a list."""
    listed = properties.get("$exception_list")
    outermost = part_of(listed[0]) if isinstance(listed, list) and listed else {}
    return said(type=outermost.get("type"), message=outermost.get("value"))


def _element(properties: Message) -> Message:
    """The element that something happened to, and where it leads or what it sends to.

    Of a click it is what can be clicked, as in `tailorbird.js`, and not a picture or word in it.
    """
    outwards = list(_elements(properties))
    innermost = outwards[0] if outwards else {}
    found = next((one for one in outwards if one.get("tag") in _CLICKABLE), innermost)
    outside = properties.get("$external_click_url")
    href = outside or next((one["href"] for one in outwards if one.get("href")), None)
    return said(
        tag=found.get("tag"),
        text=_words(found.get("text") or properties.get("$el_text") or innermost.get("text")),
        id=found.get("id"),
        name=found.get("name"),
        action=found.get("action"),
        href=_whole(href, properties.get("$current_url")),
        outbound=True if outside else None,
    )


def _elements(properties: Message) -> Iterator[Message]:
    """Elements from the innermost outwards, in whichever of the two forms they are said."""
    chain, listed = properties.get("$elements_chain"), properties.get("$elements")
    if isinstance(chain, str):
        yield from elements_in(chain)
    elif isinstance(listed, list):
        for one in listed:
            element = part_of(one)
            kept = {ours: element.get(theirs) for theirs, ours in _LISTED.items()}
            yield {key: value for key, value in kept.items() if isinstance(value, str)}


_LISTED: Final = {
    "tag_name": "tag",
    "$el_text": "text",
    "attr__id": "id",
    "attr__name": "name",
    "attr__action": "action",
    "attr__href": "href",
}
_IN_CHAIN: Final = {
    "text": "text",
    "attr_id": "id",
    "attr__name": "name",
    "attr__action": "action",
    "href": "href",
}


def elements_in(chain: str) -> Iterator[Message]:
    """The elements of a chain, in one pass: names of classes may hold any sign but a quote.

    >>> list(elements_in('b.x:text="a \\\\"b\\\\""nth-child="1";a.hover:y:href="/x"'))
    [{'tag': 'b', 'text': 'a "b"'}, {'tag': 'a', 'href': '/x'}]
    """
    at = 0
    while at < len(chain):
        element: dict[str, Any] = said(tag=_tag(chain, at))
        while at < len(chain):
            equals = chain.find('="', at)
            end = _closing(chain, equals + 2) if equals >= 0 else -1
            if end < 0:
                at = len(chain)
                break
            name = _NAME.search(chain[max(at, equals - _NAME_CHARACTERS) : equals])
            ours = _IN_CHAIN.get(name[0]) if name else None
            if ours is not None:
                element[ours] = chain[equals + 2 : end].replace('\\"', '"')
            at = end + 1
            if chain[at : at + 1] == ";":
                at += 1
                break
        yield element


def _closing(chain: str, start: int) -> int:
    """Where a value ends: at the next quote that no backslash stands before."""
    end = chain.find('"', start)
    while end > start and chain[end - 1] == "\\":
        end = chain.find('"', end + 1)
    return end


def _tag(chain: str, start: int) -> str:
    head = re.match(r"[\w-]{0,60}", chain[start : start + _NAME_CHARACTERS])
    return head[0] if head else ""


def _words(given: Value) -> Value:
    return " ".join(given.split())[:_TEXT_CHARACTERS] if isinstance(given, str) else None


def _whole(href: Value, page: Value) -> Value:
    """An address as the browser would ask it."""
    if not isinstance(href, str) or not isinstance(page, str):
        return href
    try:
        return urljoin(page, href)
    except ValueError:
        return href
