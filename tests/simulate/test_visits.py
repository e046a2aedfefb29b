"""The calibration: one simulation measured against the figures of a real shop.

RetailRocket's published clickstream has 2,664,312 views, 69,332 adds to the cart and 22,457
transactions by 1,407,580 visitors, of whom most have a single event.
"""

from __future__ import annotations

import numpy as np
import pytest

from tailorbird.kernel.instants import DAY, HOUR, MINUTE
from tailorbird.simulate.rows import ADDED, CHECKOUT, ENGAGED, ORDERED, TRAITS, VIEWED, Rows
from tailorbird.simulate.simulation import Simulation


@pytest.fixture(scope="module")
def human(typical: Simulation, typical_rows: Rows) -> Rows:
    """Acts of ordinary people, each once, by person and time."""
    rows = typical_rows.take(~typical_rows.copy & (typical_rows.person < typical.population))
    rows = rows.take(rows.event < TRAITS)
    return rows.take(np.lexsort((rows.time_us, rows.person)))


def test_views_carts_and_orders_stand_in_the_published_ratio(human: Rows) -> None:
    views, adds, orders = ((human.event == code).sum() for code in (VIEWED, ADDED, ORDERED))
    assert 105 < views / orders < 132
    assert 2.85 < adds / orders < 3.4


def test_most_people_do_one_or_two_things_and_few_do_very_many(human: Rows) -> None:
    _, acts = np.unique(human.person, return_counts=True)
    assert np.median(acts) in (1, 2)
    assert 1.7 < acts.mean() < 2.6
    assert 0.55 < (acts == 1).mean() < 0.8
    assert acts.max() > 100 * acts.mean()
    assert np.sort(acts)[-len(acts) // 100 :].sum() > 0.15 * acts.sum()


def test_evenings_and_weekends_are_busy_and_nights_are_not(human: Rows) -> None:
    hours = np.bincount(human.time_us // HOUR % 24, minlength=24)
    assert hours[19:21].mean() > 8 * hours[2:5].mean()
    weekdays = np.bincount((human.time_us // DAY + 3) % 7, minlength=7)
    assert weekdays[6] > 1.05 * weekdays[:4].mean()


def test_acts_of_a_visit_follow_within_minutes_and_visits_are_far_apart(human: Rows) -> None:
    neighbours = human.person[1:] == human.person[:-1]
    gaps_us = np.diff(human.time_us)[neighbours]
    together = (human.session[1:] == human.session[:-1])[neighbours]
    within, between = gaps_us[together], gaps_us[~together]
    assert within.max() < 30 * MINUTE
    assert 10_000_000 < np.median(within) < 60_000_000
    assert np.median(between) > HOUR


def test_bots_are_few_and_do_many_things_within_seconds(
    typical: Simulation, typical_rows: Rows
) -> None:
    first = typical.population
    bots = typical_rows.take(
        (typical_rows.person >= first) & (typical_rows.person < first + typical.bot_count)
    )
    assert len(bots) == pytest.approx(typical.events * typical.bots, rel=0.05)
    bots = bots.take(np.lexsort((bots.time_us, bots.session)))
    together = bots.session[1:] == bots.session[:-1]
    assert np.median(np.diff(bots.time_us)[together]) < 500_000


def test_what_goes_into_the_cart_was_just_looked_at(human: Rows) -> None:
    added = np.flatnonzero(human.event == ADDED)
    ordinary = added[human.session[added - 1] == human.session[added]]
    same = human.product[ordinary] == human.product[ordinary - 1]
    assert same.mean() > 0.98  # two visits of one person may overlap


def test_an_order_holds_what_went_into_the_cart_before_and_follows_a_checkout(human: Rows) -> None:
    orders = np.flatnonzero(human.event == ORDERED)
    assert len(orders) > 500
    carts: dict[int, list[tuple[int, int]]] = {}
    checked: set[int] = set()
    for event, session, product, amount, items in zip(
        human.event.tolist(),
        human.session.tolist(),
        human.product.tolist(),
        human.amount.tolist(),
        human.items.tolist(),
        strict=True,
    ):
        if event == ADDED:
            carts.setdefault(session, []).append((product, amount))
        if event == CHECKOUT:
            checked.add(session)
        if event == ORDERED:
            assert session in checked
            assert items
            assert list(items) == carts[session][-4:]


def test_seconds_on_a_page_are_told_for_engagement_alone(human: Rows) -> None:
    engaged = human.amount[human.event == ENGAGED]
    assert engaged.min() >= 1
    assert engaged.max() <= 1_200
    assert (human.amount[human.event == VIEWED] == -1).all()
