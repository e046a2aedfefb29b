"""`tailorbird plan` makes a first draft from facts, and holds facts and files against a plan."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run, answer_of

PLAN = """\
mode: reject
events:
  Product Viewed:
    signal: passive
    properties: {required: [product_id], properties: {product_id: {type: string}}}
"""


def write(folder: Path, text: str) -> None:
    (folder / "definitions" / "tracking_plan.yaml").write_text(text)


def test_a_draft_of_the_facts_can_be_published_and_they_fit_it(run: Run, shop: Path) -> None:
    draft = run("plan", "infer", "--last", "50000d").stdout
    assert "Product Viewed:" in draft
    assert "$merge" not in draft
    write(shop, draft)
    run("check")
    run("publish")
    assert answer_of(run("plan", "check", "--last", "50000d", "--json"))["unfit"] == 0
    told = answer_of(run("plan", "infer", "--last", "50000d", "--json"))
    assert told["facts"]["Product Viewed"] == 6
    assert "no events of the last 1d" in run("plan", "infer", "--last", "1d", code=2).output
    assert "is no duration" in run("plan", "infer", "--last", "soon", code=2).output


def test_facts_and_files_that_do_not_fit_are_told_by_fault(run: Run, shop: Path) -> None:
    write(shop, PLAN.replace("[product_id]", "[size]"))
    told = answer_of(run("plan", "check", "--last", "50000d", "--json", code=1))
    assert (told["events"], told["unfit"]) == (10, 6)
    assert told["faults"] == [
        {
            "event": "Product Viewed",
            "fault": 'properties: "size" is a required property',
            "times": 6,
        }
    ]
    lines = [
        {"type": "track", "event": "Product Viewed", "properties": {"size": 1, "product_id": 2}},
        {"type": "track", "event": "Other"},
    ]
    file = shop / "events.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)) + "\nnothing\n")
    output = run("plan", "check", file, code=1).output
    assert "3 events, of which 2 do not fit" in output
    assert 'properties.product_id: 2 is not of type "string"' in output


def test_without_a_plan_it_is_said_how_to_begin(run: Run, shop: Path) -> None:
    assert "plan infer" in run("plan", "check", code=2).output


def test_a_plan_with_a_fault_is_neither_checked_nor_published(run: Run, shop: Path) -> None:
    write(shop, "mode: drop\n")
    assert "tracking_plan.yaml:1:7" in run("check", code=1).output
    assert "tracking_plan.yaml:1:7" in run("publish", code=2).output
    write(shop, PLAN)
    run("publish")
    (shop / "definitions" / "tracking_plan.yaml").unlink()
    assert (
        answer_of(run("plan", "check", "--published", "--last", "50000d", "--json"))["events"] == 10
    )
    run("pull", "--aside")
    assert (shop / "definitions" / "tracking_plan.yaml").read_text() == PLAN


def test_imports_are_held_against_the_published_plan(run: Run, shop: Path) -> None:
    write(shop, PLAN)
    run("publish")
    stamp = "2024-03-02T12:00:00Z"
    same = {"type": "track", "event": "Product Viewed", "userId": "eve", "timestamp": stamp}
    lines = [{**same, "properties": {"product_id": "p"}}, {**same, "properties": {}}]
    file = shop / "more.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    told = answer_of(run("import", file, "--mapping", "segment-jsonl", "--json"))
    assert (told["accepted"], told["rejected"]) == (1, 1)
    assert '\\"product_id\\" is a required property' in Path(told["rejects_file"]).read_text()


def test_publishing_says_when_the_plan_has_changed(run: Run, shop: Path) -> None:
    run("publish")
    write(shop, PLAN)
    assert "tracking plan: changed" in run("publish").output
    assert answer_of(run("publish", "--json"))["tracking_plan"] == "as it was"


def test_a_file_is_judged_by_the_names_that_its_events_will_have(run: Run, shop: Path) -> None:
    write(shop, PLAN + "unplanned: reject\n")
    line = {"type": "track", "event": "view_item", "properties": {"items": [{"item_id": "p1"}]}}
    (shop / "events.jsonl").write_text(json.dumps(line))
    assert answer_of(run("plan", "check", "events.jsonl", "--json"))["unfit"] == 0


def test_rejected_rows_are_told_with_their_own_lines(run: Run, shop: Path) -> None:
    write(shop, PLAN)
    run("publish")
    stamp = "2024-03-02T12:00:00Z"
    events = ["Product Viewed", "Seen", "Seen"]
    lines = [
        {"type": "track", "event": event, "userId": "eve", "timestamp": stamp, "properties": said}
        for event, said in zip(events, ({}, {}, {f"p{n}": n for n in range(1_001)}), strict=True)
    ]
    file = shop / "more.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    told = answer_of(run("import", file, "--mapping", "segment-jsonl", "--json"))
    assert (told["accepted"], told["rejected"]) == (1, 2)
    rejected = [json.loads(line) for line in Path(told["rejects_file"]).read_text().splitlines()]
    assert sorted(one["line"] for one in rejected) == [1, 3]
