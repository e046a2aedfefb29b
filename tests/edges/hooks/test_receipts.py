"""Whatever is posted, a provider's file takes it, refuses it, or says that it cannot be read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from tests.edges.hooks import (
    test_amazon_ses,
    test_brevo,
    test_mailgun,
    test_mapped,
    test_postmark,
    test_sendgrid,
)
from tests.edges.hooks.posting import NOW, NOW_S, arriving

from tailorbird.edges.hooks.sendgrid import SIGNATURE, TIMESTAMP
from tailorbird.events.arriving import arrived
from tailorbird.events.wire import UnreadableError
from tailorbird.ports.hooks import Arriving, ForgedError, Provider
from tailorbird.runtimes.hooks import providers

GIVEN: Mapping[str, Mapping[str, str]] = {
    "brevo": test_brevo.SETTINGS,
    "mailgun": test_mailgun.SETTINGS,
    "mapped": test_mapped.SETTINGS,
    "postmark": test_postmark.SETTINGS,
    "sendgrid": test_sendgrid.SETTINGS,
    "ses": test_amazon_ses.SETTINGS,
}
NASTY: tuple[Any, ...] = (
    *(None, [], {}, [[]], [None], {"a": []}, 0, -1.5, True, 10**30, "", "é²", "9" * 5_000),
    *("\x00", "a:b|c", "{", "{}", "https://[", "²"),
)
"""What nobody should say anywhere."""


def bodies(name: str) -> list[Any]:
    """Requests as the provider makes them."""
    ses, mailgun = test_amazon_ses, test_mailgun
    asks = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": ses.CONFIRM}
    recipients = [{"emailAddress": "ann@example.com"}]
    found: dict[str, list[Any]] = {
        "brevo": [test_brevo.event("click", **{"X-Mailin-custom": "{}"})],
        "mailgun": [
            mailgun.signed(mailgun.event("failed", campaigns=[{"name": "a"}], tags=["b"])),
            mailgun.signed(mailgun.event("clicked", **{"client-info": {"bot": "x"}})),
        ],
        "mapped": [test_mapped.EARNED, [test_mapped.EARNED]],
        "postmark": [
            test_postmark.record("Bounce", ID=1, Email="a@b", BouncedAt=NOW, Metadata={}),
            test_postmark.record("SubscriptionChange", SuppressSending=True),
        ],
        "sendgrid": [[test_sendgrid.event("click", category=["a"], user_id="u")]],
        "ses": [
            ses.envelope(ses.event("Bounce", bouncedRecipients=recipients)),
            ses.envelope("x", **asks),
        ],
    }
    return found[name]


def tries(name: str) -> Iterator[Any]:
    """What may be posted, from what the provider posts to what nobody should."""
    for body in bodies(name):
        yield body
        yield from spoilt(body)
    if name == "ses":  # its events are texts within
        recipients = [{"emailAddress": "ann@example.com"}]
        inner = test_amazon_ses.event("Complaint", complainedRecipients=recipients)
        yield from ({**bodies(name)[0], "Message": json.dumps(one)} for one in spoilt(inner))


def spoilt(told: Any) -> Iterator[Any]:
    """The same with one part of it replaced, for each part."""
    yield from NASTY
    if isinstance(told, dict):
        for key, value in told.items():
            yield {one: told[one] for one in told if one != key}
            for other in spoilt(value):
                yield {**told, key: other}
    elif isinstance(told, list):
        for place, value in enumerate(told):
            for other in spoilt(value):
                yield [*told[:place], other, *told[place + 1 :]]


CERTIFICATE = test_amazon_ses.certificate()


async def _certificate(_url: str) -> bytes:
    return CERTIFICATE


async def _posted(provider: Provider, request: Arriving) -> list[Any]:
    with suppress(ForgedError, UnreadableError):
        await provider.check(request)
    if provider.confirm is not None:
        with suppress(ForgedError, UnreadableError):
            await provider.confirm(request)
    with suppress(UnreadableError):
        return list(provider.read(request))
    return []


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_no_body_is_an_error_of_the_program(name: str) -> None:
    settings = {**GIVEN[name], "stops": "marketing"}
    tried = 0
    for body in tries(name):
        tried += 1
        request = arriving(json.dumps(body).encode(), settings, fetch=_certificate)
        messages = asyncio.run(_posted(providers()[name], request))
        found = arrived(
            messages,
            {},
            source="mails",
            now_us=NOW_S * 1_000_000,
            new_id=lambda: "new",
            trusted=True,
        )
        assert len(found.refused) + len(set(found.places)) == len(messages)
    assert tried > 100


@pytest.mark.parametrize("name", sorted(GIVEN))
@pytest.mark.parametrize("said", ["²", "é", "9" * 5_000, "Basic ²", "Bearer é", "v1,²"])
def test_no_header_is_an_error_of_the_program(name: str, said: str) -> None:
    names = ("authorization", "webhook-id", "webhook-timestamp", "webhook-signature")
    names += ("x-signature", *(one.decode() for one in (SIGNATURE, TIMESTAMP)))
    raw = {one.encode(): said.encode("latin-1") for one in names}
    request = replace(arriving(bodies(name)[0], GIVEN[name], fetch=_certificate), headers=raw)
    with suppress(ForgedError):
        asyncio.run(providers()[name].check(request))


def test_every_provider_of_the_product_is_tried() -> None:
    assert set(GIVEN) == set(providers())
