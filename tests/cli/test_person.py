"""`tailorbird person`: everything about one person."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import FACTS, Run, answer_of, fact, fill

from tailorbird.kernel.facts import CONSENT


def test_every_kind_of_definition_is_answered(run: Run, shop: Path) -> None:
    told = answer_of(run("person", "ann", "--at", "2024-03-02T09:05Z", "--json"))
    assert told["traits"] == {"spent": 30, "recency": "1d"}
    assert told["scores"] == {"interest": 12}
    assert (told["segments"], told["persona"]) == (["buyers"], "Buyer")


def test_any_id_leads_to_the_person_and_all_her_facts(run: Run, shop: Path) -> None:
    told = answer_of(run("person", "phone-9", "--json"))
    assert (told["person"], told["ids"]) == ("dee", ["dee", "phone-9"])
    assert told["told"] == {"city": "Leeds"}
    assert [fact["name"] for fact in told["timeline"]][:2] == ["$merge", "Product Viewed"]


def test_the_last_facts_come_first_and_can_be_limited(run: Run, shop: Path) -> None:
    told = answer_of(run("person", "ann", "--last", "1", "--json"))
    assert [fact["properties"] for fact in told["timeline"]] == [{"revenue": 30}]
    assert told["facts"] == 3


def test_people_read_the_same_in_tables(run: Run, shop: Path) -> None:
    told = run("person", "dee").output
    assert "dee (also phone-9) at 2024-03-02" in told
    assert "segments: buyers" in told
    assert "Leeds" in told


def test_before_her_first_fact_nobody_is_anything(run: Run, shop: Path) -> None:
    told = answer_of(run("person", "bob", "--at", "2024-01-01", "--json"))
    assert (told["exists"], told["segments"], told["persona"]) == (False, [], None)
    assert "does not exist yet" in run("person", "bob", "--at", "2024-01-01").output


def test_an_unknown_id_gets_the_nearest_one(run: Run, shop: Path) -> None:
    assert "did you mean 'phone-9'?" in run("person", "phone9", code=2).output
    told = run("person", "somebody else", code=2).output
    assert "no fact of 'somebody else'" in told
    assert "did you mean" not in told


def test_what_she_agreed_to_is_shown_by_purpose_for_all_her_ids(run: Run, folder: Path) -> None:
    fill(
        folder,
        [
            *FACTS,
            fact("phone-9", "2024-02-27", CONSENT, purpose="marketing", granted=False),
            fact("dee", "2024-02-28", CONSENT, purpose="analytics", granted=True),
            fact("dee", "2024-02-29", CONSENT, purpose="analytics", granted=False),
        ],
    )
    told = answer_of(run("person", "dee", "--at", "2024-02-28T12:00Z", "--json"))["consent"]
    assert {purpose: one["reason"] for purpose, one in told.items()} == {
        "analytics": "granted",
        "marketing": "denied",
        "personalisation": "nothing said",
    }
    assert (told["analytics"]["may"], told["marketing"]["may"]) == (True, False)
    assert "consent: analytics denied, marketing denied" in run("person", "dee").output
    assert "consent: analytics nothing said" in run("person", "ann").output
