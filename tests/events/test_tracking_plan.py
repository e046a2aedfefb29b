"""A tracking plan is read with all its faults at once, and judges events as it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailorbird.events.tracking_plan import NO_PLAN, PASSIVE, TrackingPlan, read_plan
from tailorbird.kernel.errors import DefinitionError
from tailorbird.kernel.values import UNIT

PLAN = """
mode: quarantine
unplanned: reject
naming: '^[A-Z]'
schemas:
  money: {type: number, minimum: 0}
events:
  Product Viewed:
    signal: passive
    properties:
      required: [price]
      properties:
        price: {$ref: '#/$defs/money'}
    context: {required: [page]}
  Order Completed:
    mode: allow
    properties: {required: [revenue]}
  $traits:
    properties: {properties: {city: {type: string}}}
"""


def plan_of(*texts: str) -> TrackingPlan:
    return read_plan({f"tracking_plan_{n}.yaml": text for n, text in enumerate(texts)})


def faults_of(*texts: str) -> list[str]:
    with pytest.raises(DefinitionError) as raised:
        plan_of(*texts)
    return [str(problem) for problem in raised.value.problems]


def test_an_event_that_fits_is_no_violation() -> None:
    plan = plan_of(PLAN)
    assert plan.violation("Product Viewed", {"price": 3 * UNIT}, {"page": {}}) is None
    assert plan.violation("$traits", {"city": "Leeds"}, {}) is None
    assert plan.violation("$consent", {}, {}) is None


def test_what_does_not_fit_is_told_with_what_becomes_of_it() -> None:
    plan = plan_of(PLAN)
    price = plan.violation("Product Viewed", {"price": -UNIT}, {"page": {}})
    assert price == ("quarantine", "properties.price: -1 is less than the minimum of 0")
    context = plan.violation("Product Viewed", {"price": 1}, {})
    assert context == ("quarantine", 'context: "page" is a required property')
    revenue = plan.violation("Order Completed", {}, {})
    assert revenue is not None
    assert revenue.mode == "allow"
    city = plan.violation("$traits", {"city": UNIT}, {})
    assert city is not None
    assert city.says.startswith("traits.city")


def test_names_that_nobody_planned_are_judged_by_themselves() -> None:
    plan = plan_of(PLAN)
    assert plan.violation("Seen", {}, {}) == ("reject", "the tracking plan has no event 'Seen'")
    named = plan.violation("seen", {}, {})
    assert named == ("reject", "the name 'seen' has not the form of names, ^[A-Z]")
    assert plan_of("naming: '^[A-Z]'").violation("seen", {}, {}).mode == "allow"
    assert plan_of("mode: reject").violation("seen", {}, {}) is None


def test_signals_are_those_of_the_plan_or_else_those_of_known_names() -> None:
    plan = plan_of(PLAN)
    known = sorted(PASSIVE)[0]
    assert plan.is_passive("Product Viewed")
    assert plan.is_passive(known)
    assert not plan.is_passive("Order Completed")
    assert not NO_PLAN.is_passive(known)
    assert not plan_of(f"events: {{{known}: {{signal: active}}}}").is_passive(known)


def test_several_files_are_one_plan_and_share_their_schemas() -> None:
    plan = plan_of(
        "schemas: {n: {type: integer}}", "events: {A: {properties: {$ref: '#/$defs/n'}}}"
    )
    assert plan.violation("A", {}, {}) is not None
    assert (
        "another file of the plan has the event 'A'"
        in faults_of("events: {A: {}}", "events: {A: {}}")[0]
    )
    assert "say it once" in faults_of("mode: allow", "mode: reject")[0]
    assert (
        "another file of the plan has a schema"
        in faults_of("schemas: {a: {}}", "schemas: {a: {}}")[0]
    )


def test_all_faults_are_told_at_once_and_where_they_are() -> None:
    told = faults_of(
        "mode: drop\n"
        "naming: '('\n"
        "events:\n"
        "  Seen:\n"
        "    propertys: {}\n"
        "  Bought:\n"
        "    properties:\n"
        "      properties:\n"
        "        price: {type: money}\n"
        "  $consent: {}\n"
        "tags: {pages: [{path: '[', type: x}]}\n"
    )
    assert [line.split(": ")[0].removeprefix("tracking_plan_0.yaml:") for line in told] == [
        *("1:7", "2:9", "5:5", "9:23", "10:13", "11:23"),
    ]
    assert "did you mean 'properties'" in told[2]


def test_no_fault_hides_another() -> None:
    told = faults_of(
        "unplaned: allow\n"
        "mode: drop\n"
        "events:\n"
        "  Seen:\n"
        "    propertys: {}\n"
        "    signal: pasive\n"
        "    mode: drop\n"
        "    properties: {properties: {a: {minLenght: 1, type: strin}}}\n"
        "tags:\n"
        "  devise: true\n"
        "  campaign: perhaps\n"
        "  pages: [{pth: x, type: y}, {path: '[', type: x}]\n"
    )
    assert [line.split(": ")[0].removeprefix("tracking_plan_0.yaml:") for line in told] == [
        *("1:1", "2:7", "5:5", "6:13", "7:11", "8:46", "8:55", "10:3", "11:13", "12:12", "12:37"),
    ]


def test_a_plan_without_end_is_refused() -> None:
    deep = "events: {A: {properties: " + '{"not": ' * 40 + "{}" + "}" * 40 + "}}"
    assert "too deep" in faults_of(deep)[0]
    many = "events: {A: {properties: {enum: [" + ", ".join(map(str, range(6_000))) + "]}}}"
    assert "too large" in faults_of(many)[0]
    shared = "schemas: {a: &a {type: object}}"
    assert "not used here" in faults_of(shared)[0]


def test_files_that_are_no_plan_are_passed_over() -> None:
    assert read_plan({"shop.yaml": "segments: {}"}) is NO_PLAN
    assert not NO_PLAN.is_there
    assert not NO_PLAN.judges


WORDS = [
    "mode",
    "events",
    "schemas",
    "tags",
    "properties",
    "$defs",
    "$ref",
    "type",
    "allOf",
    "enum",
    "pages",
]
YAML = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([*WORDS, "allow", "#/$defs/a", "object"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*WORDS, "A", "a", "minimum", "items"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(YAML, st.sampled_from(["", "events", "schemas", "tags"]))
def test_whatever_a_file_says_it_is_a_plan_or_its_faults_are_told(said: object, under: str) -> None:
    value = {under: {"A": {"properties": said}, "a": said}} if under else said
    try:
        plan_of(json.dumps(value))
    except DefinitionError as error:
        assert all(problem.place.line for problem in error.problems)


def test_a_shared_schema_is_looked_at_where_it_stands_also_when_nobody_uses_it() -> None:
    told = faults_of("schemas:\n  a: {type: object}\n  b: {properties: {x: {type: wrong}}}")
    assert [line[:26] for line in told] == ["tracking_plan_0.yaml:3:30:"[:26]]
    deep = (
        "schemas: {a: {$ref: '#/$defs/b'}, b: {type: string}}\n"
        "events: {E: {properties: {properties: {x: {$ref: '#/$defs/a'}}}}}"
    )
    assert plan_of(deep).violation("E", {"x": UNIT}, {}) is not None
    assert "no shared schema 'none'" in faults_of("schemas: {a: {$ref: '#/$defs/none'}}")[0]
