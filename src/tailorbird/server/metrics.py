"""What is counted and measured of a running server, in one table, told as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from tailorbird.kernel.instants import SECOND
from tailorbird.server.serving import Serving

KIND: Final = "text/plain; version=0.0.4"
Value = int | Mapping[Any, int] | None
"""One number, one for each value of the metric's label, or none at present."""


class Metric(NamedTuple):
    """One metric; its name begins with ``tailorbird_`` where it is read."""

    name: str
    kind: Literal["counter", "gauge"]
    says: str
    value: Callable[[Serving], Value]
    label: str = ""

    def told(self, serving: Serving) -> str:
        """Its lines; none when it has no value at present."""
        value, name = self.value(serving), f"tailorbird_{self.name}"
        if value is None:
            return ""
        values = {"": value} if isinstance(value, int) else value
        lines = [f"# HELP {name} {self.says}", f"# TYPE {name} {self.kind}"]
        for of, number in values.items():
            label = f'{{{self.label}="{of}"}}' if self.label else ""
            lines.append(f"{name}{label} {number}")
        return "\n".join(lines) + "\n"


def _live_position(serving: Serving) -> int | None:
    return None if serving.live is None else serving.live.position


def _live_lag(serving: Serving) -> int | None:
    if serving.live is None:
        return None
    return max(serving.log.end_position - serving.live.position, 0)


def _last_ended(serving: Serving) -> dict[str, int]:
    """When the last run of each schedule ended that did; those without one are absent."""
    return {
        one.schedule.name: one.last.ended_us // SECOND
        for one in serving.schedules
        if one.last is not None and one.last.ended_us is not None
    }


METRICS: Final = (
    Metric("log_position", "gauge", "Facts that were ever accepted.", lambda s: s.log.end_position),
    Metric(
        "accepting",
        "gauge",
        "Whether events are accepted: 0 while the disk has no room, or after a failed write.",
        lambda s: int(not s.commit.refusal()),
    ),
    Metric(
        "live_ready",
        "gauge",
        "Whether everybody's states are loaded.",
        lambda s: int(s.live is not None),
    ),
    Metric(
        "live_losses_total",
        "counter",
        "Times that an error lost states, which were then loaded again.",
        lambda s: s.losses,
    ),
    Metric("live_position", "gauge", "Facts in people's states.", _live_position),
    Metric("live_lag", "gauge", "Facts still to take in.", _live_lag),
    Metric("turned_total", "counter", "Entries of the record since the start.", lambda s: s.turned),
    Metric(
        "rejected_total",
        "counter",
        "Messages rejected since the start.",
        lambda s: dict(s.rejecting.counts),
        label="sort",
    ),
    Metric(
        "rejects_lost_total",
        "counter",
        "Rejected messages that were not written down.",
        lambda s: s.rejecting.lost,
    ),
    Metric(
        "quarantined_total",
        "counter",
        "Messages kept aside since the start.",
        lambda s: dict(s.quarantining.counts),
        label="sort",
    ),
    Metric(
        "quarantine_dropped_total",
        "counter",
        "Messages kept aside that went because there were too many, too large or too old.",
        lambda s: s.quarantining.dropped,
    ),
    Metric(
        "quarantine_messages",
        "gauge",
        "Messages kept aside, as of the last look.",
        lambda s: s.quarantining.held.messages,
    ),
    Metric(
        "quarantine_bytes",
        "gauge",
        "Bytes of all of them together.",
        lambda s: s.quarantining.held.bytes,
    ),
    Metric(
        "marked_total",
        "counter",
        "Facts marked as no person's since the start, by rule.",
        lambda s: None if s.marking is None else dict(s.marking.counts),
        label="rule",
    ),
    Metric(
        "answers_total",
        "counter",
        "Requests answered since the start, by status; streams are not among them.",
        lambda s: dict(s.answers),
        label="status",
    ),
    Metric(
        "unreadable_total",
        "counter",
        "Requests that were no HTTP, or whose head was too large.",
        lambda s: s.unreadable,
    ),
    Metric(
        "webhook_tries_total",
        "counter",
        "Tries to send a message, by what came of them, and messages of people who were erased.",
        lambda s: dict(s.delivered.states),
        label="state",
    ),
    Metric(
        "webhooks_waiting",
        "gauge",
        "Messages that wait to be sent, as of the last look.",
        lambda s: s.delivered.waiting,
    ),
    Metric(
        "webhook_seconds_total",
        "counter",
        "How long all of these took.",
        lambda s: round(s.delivered.seconds),
    ),
    Metric(
        "held_back_total",
        "counter",
        "Messages that were not sent because of what people said of their purposes.",
        lambda s: dict(s.delivered.held_back),
        label="reason",
    ),
    Metric(
        "disk_free_bytes",
        "gauge",
        "Room on the disk of the data folder, without the reserve.",
        lambda s: s.disk.free_bytes,
    ),
    Metric(
        "disk_reserve_bytes",
        "gauge",
        "Room that is kept for a full disk.",
        lambda s: s.disk.reserve_bytes,
    ),
    Metric(
        "hooks_total",
        "counter",
        "Requests to inbound webhooks since the start: taken, forged, unreadable, unknown.",
        lambda s: dict(s.hooks),
        label="became",
    ),
    Metric(
        "schedule_well",
        "gauge",
        "Whether a schedule is neither overdue nor failed the last time, as of the last look.",
        lambda s: {one.schedule.name: int(one.is_well) for one in s.schedules} or None,
        label="schedule",
    ),
    Metric(
        "schedule_overdue_seconds",
        "gauge",
        "How long a run should have begun that has not.",
        lambda s: {one.schedule.name: one.overdue_us // SECOND for one in s.schedules} or None,
        label="schedule",
    ),
    Metric(
        "schedule_ended_seconds",
        "gauge",
        "When the last run of a schedule ended, in seconds since 1970.",
        lambda s: _last_ended(s) or None,
        label="schedule",
    ),
)
"""In the order in which they are told."""


def metrics(serving: Serving) -> str:
    """How the server is, in the text form of Prometheus."""
    return "".join(metric.told(serving) for metric in METRICS)
