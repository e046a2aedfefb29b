from __future__ import annotations

from tailorbird.simulate.simulation import Simulation
from tailorbird.simulate.truth import truth_of


def test_the_truth_repeats_what_was_asked_for_and_names_the_bots(typical: Simulation) -> None:
    told = truth_of(typical)
    assert told["simulation"]["events"] == 250_000
    assert told["simulation"]["start"] == "2024-06-01T00:00:00Z"
    assert told["end"] == "2024-07-31T00:00:00Z"
    assert told["bots"] == [f"a{typical.population}"]


def test_a_person_with_two_identifiers_is_told_with_both(typical: Simulation) -> None:
    behaviours = {told["name"]: told for told in truth_of(typical)["behaviours"]}
    for person in behaviours["cross_device_watcher"]["people"]:
        user, anonymous = person["ids"]
        assert (user[0], anonymous[0]) == ("u", "a")
        assert user[1:] == anonymous[1:]
    for person in behaviours["watcher"]["people"]:
        assert len(person["ids"]) == 1


def test_who_stays_in_for_good_has_no_end(typical: Simulation) -> None:
    behaviours = {told["name"]: told for told in truth_of(typical)["behaviours"]}
    assert all(person["until"] is None for person in behaviours["dormant"]["people"])
    assert all(person["until"] for person in behaviours["watcher"]["people"])
