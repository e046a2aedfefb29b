from __future__ import annotations

from dataclasses import fields, replace
from hashlib import sha256

import numpy as np
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

from tailorbird.kernel.instants import DAY, HOUR, MINUTE
from tailorbird.simulate.rows import MERGE, Rows, joined
from tailorbird.simulate.simulation import Simulation
from tailorbird.simulate.stream import CHUNK_ROWS, simulated_rows


def all_rows(simulation: Simulation) -> Rows:
    return joined(list(simulated_rows(simulation)))


def same(left: Rows, right: Rows) -> bool:
    names = [field.name for field in fields(Rows)]
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in names)


def test_equal_simulations_give_equal_rows(typical: Simulation, typical_rows: Rows) -> None:
    assert same(all_rows(typical), typical_rows)


def test_another_seed_gives_other_rows(typical: Simulation, typical_rows: Rows) -> None:
    other = all_rows(replace(typical, seed=typical.seed + 1))
    assert not np.array_equal(other.time_us, typical_rows.time_us)
    assert not set(other.message.tolist()) & set(typical_rows.message.tolist())


@run(max_examples=60)
@given(
    events=st.one_of(st.integers(1, 60), st.integers(61, 5_000)),
    crowded=st.floats(0, 1),
    days=st.integers(1, 90),
    shares=st.tuples(*[st.sampled_from([0.0, 0.01, 0.2])] * 4),
    seed=st.integers(0, 2**63 - 1),
)
def test_there_are_exactly_as_many_rows_and_people_as_asked_for(
    events: int, crowded: float, days: int, shares: tuple[float, ...], seed: int
) -> None:
    late, duplicates, bots, merged = shares
    asked = Simulation(
        events=events,
        start_us=0,
        days=days,
        seed=seed,
        late=late,
        duplicates=duplicates,
        bots=bots,
        merged=merged,
        planted=0,
        people=1,
    )
    asked = replace(asked, people=max(1, int(asked.most_people * crowded)))
    rows = all_rows(asked)
    assert len(rows) == events
    assert set(range(asked.population)) <= set(rows.person.tolist())
    assert rows.copy.sum() == int(events * duplicates)


def test_a_crowd_of_planted_people_leaves_room_for_everybody() -> None:
    asked = Simulation(events=2 * CHUNK_ROWS, start_us=0, days=33, seed=3, planted=300, people=1)
    asked = replace(asked, people=asked.most_people)
    rows = all_rows(asked)
    assert len(rows) == asked.events
    assert len(np.unique(rows.person[rows.person < asked.population])) == asked.population


def test_rows_come_in_the_order_in_which_they_are_received(typical: Simulation) -> None:
    last_us = 0
    for rows in simulated_rows(typical):
        assert rows.received_us[0] >= last_us
        assert (np.diff(rows.received_us) >= 0).all()
        last_us = int(rows.received_us[-1])


def test_few_rows_wait_for_a_later_chunk(typical: Simulation) -> None:
    drawn = given_out = 0
    for rows in simulated_rows(replace(typical, events=6 * CHUNK_ROWS)):
        drawn += CHUNK_ROWS
        given_out += len(rows)
        assert 0 <= drawn - given_out < CHUNK_ROWS // 10
    assert drawn == given_out


def test_nothing_is_received_before_it_happened_nor_sent_after_it_is_received(
    typical_rows: Rows,
) -> None:
    assert (typical_rows.sent_us >= typical_rows.time_us).all()
    assert (typical_rows.received_us >= typical_rows.sent_us).all()


def test_everything_happens_within_the_span_but_for_the_end_of_the_last_visits(
    typical: Simulation, typical_rows: Rows
) -> None:
    start_us, end_us = typical.start_us, typical.start_us + typical.days * DAY
    assert typical_rows.time_us.min() >= start_us
    assert typical_rows.time_us.min() < start_us + HOUR
    assert (typical_rows.time_us > end_us).mean() < 0.001
    assert typical_rows.time_us.max() > end_us - HOUR


def test_a_copy_has_the_message_of_an_earlier_row_and_arrives_after_it(typical_rows: Rows) -> None:
    first: dict[int, int] = {}
    for message, received_us, again in zip(
        typical_rows.message.tolist(),
        typical_rows.received_us.tolist(),
        typical_rows.copy.tolist(),
        strict=True,
    ):
        assert (message in first) == again
        assert received_us > first.setdefault(message, received_us) or not again


def test_the_late_share_is_as_asked_and_mostly_comes_in_batches(typical_rows: Rows) -> None:
    rows = typical_rows.take(~typical_rows.copy)
    late = rows.take(rows.received_us - rows.time_us > 10 * MINUTE)
    assert 0.016 < len(late) / len(rows) < 0.025
    _, sizes = np.unique(late.sent_us, return_counts=True)
    assert sizes[sizes > 1].sum() > 0.4 * len(late)
    assert (late.received_us - late.time_us > 2 * HOUR).mean() > 0.3


def test_merged_people_are_anonymous_before_they_sign_in_and_known_after(
    typical: Simulation, typical_rows: Rows
) -> None:
    rows = typical_rows.take(~typical_rows.copy)
    links = rows.take((rows.event == MERGE) & (rows.person < typical.population))
    assert len(links) == typical.population // 100
    signed_in = dict(zip(links.person.tolist(), links.time_us.tolist(), strict=True))
    before, after = set(), set()
    for person, time_us, known in zip(
        rows.person.tolist(), rows.time_us.tolist(), rows.known.tolist(), strict=True
    ):
        if person in signed_in:
            assert known == (time_us >= signed_in[person])
            (after if known else before).add(person)
    assert before == set(signed_in)
    assert after == set(signed_in)


def test_a_share_of_zero_means_none(typical: Simulation) -> None:
    rows = all_rows(
        replace(typical, events=20_000, late=0.0, duplicates=0.0, bots=0.0, merged=0.0, planted=0)
    )
    assert not rows.copy.any()
    assert not (rows.event == MERGE).any()
    assert len(np.unique(rows.person)) == int(20_000 / 2.2)
    assert (rows.received_us - rows.time_us).max() < MINUTE


def test_a_seed_draws_the_same_rows_on_every_machine_and_in_every_release() -> None:
    rows = all_rows(Simulation(events=20_000, start_us=0, seed=1))
    digest = sha256()
    for name in ("event", "person", "known", "time_us", "received_us", "message", "product"):
        digest.update(getattr(rows, name).astype("<i8").tobytes())
    assert digest.hexdigest()[:16] == "71aec8fb89dfc04e"
