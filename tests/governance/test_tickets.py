"""A ticket is good for one person, for a while, here; a visitor's id is made here or is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.governance.seals import secret_for
from tailorbird.governance.tickets import (
    Ticket,
    TicketError,
    is_visitor,
    make_ticket,
    make_visitor,
    may_follow,
    read_ticket,
)

SECRET = bytes(range(32))
TICKET = Ticket("ann", 1_000, "https://shop.example", is_alone=True)
TEXT = make_ticket(SECRET, bytes(12), TICKET)
VISITOR = make_visitor(SECRET, bytes(range(16)))


def test_a_ticket_says_what_was_put_in_it_until_it_is_too_old() -> None:
    assert read_ticket(SECRET, TEXT, 999) == TICKET
    with pytest.raises(TicketError, match="too old"):
        read_ticket(SECRET, TEXT, 1_000)


def test_a_ticket_tells_nobody_whom_it_is_for() -> None:
    assert "ann" not in TEXT and TEXT.removeprefix("tbt_").replace("-", "a").isascii()


def test_another_secret_opens_nothing() -> None:
    with pytest.raises(TicketError, match="not from here"):
        read_ticket(bytes(32), TEXT, 0)


@pytest.mark.parametrize("place", range(4, len(TEXT)))
def test_a_changed_ticket_is_refused(place: int) -> None:
    changed = TEXT[:place] + ("A" if TEXT[place] != "A" else "B") + TEXT[place + 1 :]
    try:
        assert read_ticket(SECRET, changed, 0) == TICKET  # the last bits of base64 say nothing
        assert place == len(TEXT) - 1
    except TicketError:
        pass


@given(st.text(max_size=100))
def test_any_text_is_no_ticket_and_no_visitor(text: str) -> None:
    for given_text in (text, "tbt_" + text):
        with pytest.raises(TicketError):
            read_ticket(SECRET, given_text, 0)
    assert not is_visitor(SECRET, text) and not is_visitor(SECRET, "tbv_" + text)


@pytest.mark.parametrize(
    "other", [VISITOR.upper(), VISITOR[4:], VISITOR + "00", VISITOR[:-2], VISITOR[:-1] + "x"]
)
def test_an_id_is_a_visitors_as_it_was_made_and_in_no_other_spelling(other: str) -> None:
    assert is_visitor(SECRET, VISITOR)
    assert not is_visitor(SECRET, other)
    assert not is_visitor(bytes(32), VISITOR)


def test_secrets_for_purposes_differ_from_each_other_and_from_the_first() -> None:
    found = {secret_for(SECRET, b"tickets"), secret_for(SECRET, b"other"), SECRET}
    assert len(found) == 3


def test_beside_those_that_a_ticket_names_only_ids_of_visitors_may_be_hers() -> None:
    def may(*identifiers: str, users: str = "", also: tuple[str, ...] = ()) -> bool:
        ticket = Ticket("ann", 1, also=also)
        return may_follow(ticket, identifiers, users.split(), lambda one: one.startswith("v"))

    assert may("ann") and may("ann", "v1", "v2") and may("ann", "v1", users="ann")
    assert not may("ann", "bob") and not may("ann", "v1", "bob")
    assert not may("ann", "v1", users="ann v1")
    assert may("ann", "bob", "v1", users="ann bob", also=("bob",))
    assert not may("v1", "bob")


def test_a_visitor_alone_is_followed_until_she_has_any_other_identifier() -> None:
    ticket = Ticket("v1", 1, is_alone=True, also=("v2",))
    assert may_follow(ticket, ["v1"], [], lambda _: True)
    assert not may_follow(ticket, ["v1", "v2"], [], lambda _: True)


def test_tickets_of_before_are_read_and_others_kept_whole() -> None:
    ticket = Ticket("ann", 100, also=("bob", "7"))
    assert read_ticket(SECRET, make_ticket(SECRET, bytes(12), ticket), 99) == ticket
