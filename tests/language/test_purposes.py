"""The table of purposes, and what definitions are for."""

from __future__ import annotations

import pytest

from tailorbird.kernel import limits
from tailorbird.kernel.errors import DefinitionError
from tailorbird.language.definitions import PERSONAS
from tailorbird.language.files import load, load_text
from tailorbird.language.purposes import READY, Purpose


def faults(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as error:
        load_text(text, "f")
    return [str(problem) for problem in error.value.problems]


def test_a_project_says_its_purposes_shortly_or_in_full() -> None:
    text = """
purposes:
  ads:
  service: no_objection
  billing: {needs: nothing, basis: contract, description: to send bills}
  watching: {collect: asked}
"""
    assert load_text(text).definitions.purposes == (
        Purpose("ads", "consent"),
        Purpose("service", "no_objection"),
        Purpose("billing", "nothing", "contract", "to send bills"),
        Purpose("watching", collect="asked"),
    )


def test_without_a_table_there_is_a_ready_one_and_every_file_may_add_to_ones_own() -> None:
    assert load_text("segments: {a: did('A')}").definitions.purposes == READY
    assert load_text("purposes:\n").definitions.purposes == READY
    both = load({"1": "purposes: {ads: consent}", "2": "purposes: {mail: consent}"})
    assert [one.name for one in both.definitions.purposes] == ["ads", "mail"]


def test_a_definition_for_an_unknown_purpose_is_refused_with_the_nearest() -> None:
    text = "segments:\n  vip: {when: did('A'), purpose: marketting}\n"
    (fault,) = faults(text)
    assert fault.startswith("f:2:3: there is no purpose 'marketting'; did you mean 'marketing'?")
    (fault,) = faults(text + "purposes: {ads: consent}")
    assert "known are ads; purposes: is the table" in fault
    assert load_text(text.replace("tt", "t")).definitions.find("segment", "vip").purpose


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Ads: consent", "small letters"),
        ("ads: maybe", "needs: is consent or no_objection or nothing, not 'maybe'"),
        ("ads: {need: consent}", "did you mean 'needs'"),
        ("ads: [consent]", "text for needs"),
        ("ads: {collect: never}", "collect: is always or asked, not 'never'"),
        ("ads: consent\n  ads: consent", "twice"),
    ],
)
def test_a_wrong_line_of_the_table_is_refused_with_its_place(line: str, says: str) -> None:
    (fault,) = faults(f"purposes:\n  {line}\n")
    assert says in fault and fault.startswith("f:")


def test_a_purpose_is_given_once_in_all_files_and_there_are_not_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(DefinitionError, match="given twice"):
        load({"1": "purposes: {ads: consent}", "2": "purposes: {ads: nothing}"})
    monkeypatch.setattr(limits, "PURPOSES", 2)
    (fault,) = faults("purposes: {a: consent, b: consent, c: consent}")
    assert "at most 2" in fault


def test_what_is_made_of_something_for_a_purpose_is_for_it_too() -> None:
    definitions = load_text("""
traits: {spent: {value: "sum('Order', properties.x)", purpose: analytics}}
scores: {keen: {points: {A: 1}, purpose: personalisation}}
segments:
  free: did("A")
  rich: trait("spent") > 5
  vip: {when: score("keen") > 1, parent: rich, purpose: marketing}
  shown: persona() == "Vip"
personas: [{Vip: in_segment("vip")}, {Free: in_segment("free")}]
""").definitions
    found = {name: sorted(told) for (_, name), told in definitions.purposes_by_key().items()}
    everything = ["analytics", "marketing", "personalisation"]
    assert found["free"] == found["Free"] == []
    assert found["spent"] == found["rich"] == ["analytics"]
    assert found["keen"] == ["personalisation"]
    assert found["vip"] == found["Vip"] == found["shown"] == found[PERSONAS[1]] == everything
