"""Windows of time as conditions on rows."""

from __future__ import annotations

from tailorbird.language.batch import filters
from tailorbird.language.batch.moments import Moment
from tailorbird.language.batch.readings import Rows, where
from tailorbird.language.operations import (
    Calendar,
    CurrentSession,
    Fixed,
    Rolling,
    Select,
    SinceEvent,
    Window,
)


def rows_of(select: Select, window: Window, moment: Moment) -> Rows:
    """The rows that a select picks within a window."""
    relation, within = moment.seen, _within(window, moment)
    if isinstance(window, SinceEvent):
        relation = _after_latest(window.select, moment)
    elif isinstance(window, CurrentSession):
        relation = _with_session(moment)
    after = None
    if isinstance(window, Rolling) and moment.shared_us is not None:
        after = moment.shared_us - window.far_us
    conditions = filters.selected(select, moment)
    # Times are compared before texts are taken apart, but after the name.
    return Rows(relation, (conditions[0], *within, *conditions[1:]), select.names, after)


def _within(window: Window, moment: Moment) -> list[str]:
    if isinstance(window, Rolling):
        found = [f"time_us > {moment.since(window.far_us)}"]
        return [*found, f"time_us <= {moment.since(window.near_us)}"] if window.near_us else found
    if isinstance(window, Calendar):
        return [f"time_us >= {moment.period_start(window.period)}"]
    if isinstance(window, Fixed):
        limits = ((">=", window.start), ("<", window.end))
        instants = [(sign, moment.instant(text)) for sign, text in limits if text is not None]
        return [f"time_us {sign} {limit}" for sign, limit in instants if limit != "NULL"]
    if isinstance(window, SinceEvent):
        return ["(time_us > mark_us OR (time_us = mark_us AND id > mark_id))"]
    if isinstance(window, CurrentSession):
        return ["time_us >= session_us"]
    return []


def _after_latest(select: Select, moment: Moment) -> str:
    """The rows of those who have such a fact, with the place of the latest one."""
    marks = (
        "SELECT who, max(time_us) AS mark_us, arg_max(id, row(time_us, id)) AS mark_id "
        f"FROM {moment.seen}{where(filters.selected(select, moment))} GROUP BY who"
    )
    return f"(SELECT * FROM {moment.seen} JOIN ({marks}) USING (who))"


def _with_session(moment: Moment) -> str:
    """The rows of those who are in a session, with the instant of its first act."""
    now, gap = moment.now, moment.session_gap()
    acts = (
        f"SELECT who, time_us, {now} AS asked_us, {gap} AS longest_us, "
        "time_us - lag(time_us) OVER (PARTITION BY who ORDER BY time_us) AS pause_us "
        f"FROM {moment.seen} WHERE act"
    )
    sessions = (
        "SELECT who, max(CASE WHEN pause_us IS NULL OR pause_us > longest_us THEN time_us END) "
        f"AS session_us FROM ({acts}) GROUP BY who "
        "HAVING any_value(asked_us) - max(time_us) <= any_value(longest_us)"
    )
    return f"(SELECT * FROM {moment.seen} JOIN ({sessions}) USING (who))"
