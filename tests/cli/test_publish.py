"""`tailorbird publish` says what changes, keeps every version, and overwrites nobody's work."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, answer_of


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "definitions" / "shop.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def changes(run: Run) -> dict[str, str]:
    told = answer_of(run("publish", "--json"))
    return {change["name"]: change["what"] for change in told["changes"]}


def test_the_first_publication_has_number_one_and_tells_everything(run: Run, shop: Path) -> None:
    told = answer_of(run("publish", "--json"))
    assert told["version"] == 1
    assert {change["what"] for change in told["changes"]} == {"added"}
    assert told["position"] == 10


def test_publishing_the_same_again_makes_no_version(run: Run, shop: Path) -> None:
    run("publish")
    told = run("publish").output
    assert "nothing to publish" in told
    assert answer_of(run("publish", "--json"))["version"] == 1


def test_a_change_is_told_in_words_before_and_after(run: Run, shop: Path) -> None:
    run("publish")
    edit(shop, 'last="30d"', 'last="60d"')
    told = run("publish").output.splitlines()
    assert told[:3] == [
        "segment dormant: changed",
        "  was: did not do anything in the last 30 days",
        "  is:  did not do anything in the last 60 days",
    ]


def test_what_uses_a_changed_definition_follows_it(run: Run, shop: Path) -> None:
    run("publish")
    edit(shop, 'did("Order Completed")\n  window', 'count("Order Completed") >= 2\n  window')
    assert changes(run) == {"buyers": "changed", "Buyer": "follows"}


def test_removed_definitions_and_another_order_of_personas_are_told(run: Run, shop: Path) -> None:
    run("publish")
    looker = '  - Looker: score("interest") > 0\n'
    edit(shop, looker, "")
    edit(shop, "personas:\n", "personas:\n" + looker)
    edit(shop, '  recency: since("Order Completed")\n', "")
    assert changes(run) == {"recency": "removed", "": "reordered"}


def test_files_made_from_an_older_version_are_refused(run: Run, shop: Path) -> None:
    run("publish")
    mark = (shop / "definitions" / ".published").read_text()
    edit(shop, 'last="30d"', 'last="60d"')
    run("publish")
    (shop / "definitions" / ".published").write_text(mark)
    edit(shop, 'last="60d"', 'last="90d"')
    told = run("publish", code=2).output
    assert "the registry stands at version 2 and these files were made from version 1" in told
    assert "tailorbird pull" in told


def test_files_of_another_registry_are_taken_by_an_empty_one(run: Run, shop: Path) -> None:
    (shop / "definitions" / ".published").write_text("7 0123456789abcdef\n")
    assert answer_of(run("publish", "--json"))["version"] == 1


def test_definitions_with_faults_are_not_published(run: Run, shop: Path) -> None:
    run("publish")
    edit(shop, "did(", "dud(")
    told = answer_of(run("publish", "--json", code=2))["error"]
    assert told["problems"][0]["file"] == "definitions/shop.yaml"
    assert "is 1" not in told["message"]


def test_a_zone_is_in_force_for_all_the_past_when_first_published(run: Run, shop: Path) -> None:
    (shop / "tailorbird.yaml").write_text("zone: Asia/Tokyo\n")
    (shop / "definitions" / "days.yaml").write_text(
        'segments:\n  one_day: active_days(any_event(), calendar="month") == 1\n'
    )
    before = answer_of(run("segment", "one_day", "--at", "2024-03-02T20:00Z", "--json"))
    assert answer_of(run("publish", "--json"))["settings"] == {"zone": "Asia/Tokyo"}
    after = answer_of(
        run("segment", "one_day", "--at", "2024-03-02T20:00Z", "--json", "--published")
    )
    assert before["ids"] == after["ids"] == ["ann", "bob"]
    assert answer_of(run("publish", "--json"))["settings"] == {}


def test_a_later_change_of_a_setting_leaves_the_past_alone(run: Run, shop: Path) -> None:
    (shop / "tailorbird.yaml").write_text("session_gap: 20m\n")
    (shop / "definitions" / "visits.yaml").write_text("segments:\n  two: session_count() == 2\n")
    run("publish")
    (shop / "tailorbird.yaml").write_text("session_gap: 1m\n")
    assert answer_of(run("publish", "--json"))["settings"] == {"session_gap": "1m"}
    told = answer_of(run("segment", "two", "--at", "2024-03-03", "--json"))
    assert told["ids"] == ["ann", "dee"]


def test_publishing_does_not_change_an_answer(run: Run, shop: Path) -> None:
    before = answer_of(run("segments", "--json"))
    run("publish")
    assert answer_of(run("segments", "--json")) == before
    assert answer_of(run("segments", "--published", "--json")) == before


def test_the_published_definitions_are_asked_on_request(run: Run, shop: Path) -> None:
    assert "nothing is published yet" in run("segments", "--published", code=2).output
    run("publish")
    edit(shop, "  buyers: did", "  buyers: not did")
    published = answer_of(run("segment", "buyers", "--published", "--json"))["ids"]
    assert published == ["ann", "dee"]
    assert answer_of(run("segment", "buyers", "--json"))["ids"] == ["bob", "cid"]


def test_a_registry_that_is_none_is_told_so_and_left_alone(run: Run, shop: Path) -> None:
    registry = shop / "data" / "registry.sqlite"
    registry.write_bytes(b"this is no registry at all, but long enough to look like a file" * 40)
    before = registry.read_bytes()
    assert "registry.sqlite cannot be used" in run("publish", code=2).output
    assert registry.read_bytes() == before
