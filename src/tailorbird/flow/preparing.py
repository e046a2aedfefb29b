"""Messages to facts that may be stored: held against the plan, tagged, and asked about consent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from tailorbird.events.arriving import Arrived, arrived, without
from tailorbird.events.identifiers import USUAL, Identifiers
from tailorbird.events.judging import judged, with_signals
from tailorbird.events.marking import Marking, with_verdicts
from tailorbird.events.refusals import Refusal
from tailorbird.events.sampling_people import ALL, is_in_sample
from tailorbird.events.times import TimeForm, TimeReader
from tailorbird.events.tracking_plan import NO_PLAN, TrackingPlan
from tailorbird.events.vocabulary import translated
from tailorbird.flow.collecting import ALWAYS, Collecting
from tailorbird.governance.api_keys import ApiKey
from tailorbird.kernel.values import Value

EVERY_SOURCE: Final = "all"
"""Stands for the names of all sources."""
_NOT_SAMPLED: Final = Refusal("sample", "of somebody who is not in the sample of its key")
Messages = Sequence[tuple[Value, Refusal | None]]


class Preparing:
    """Makes facts of messages, the same for those that arrive and those that are tried again."""

    def __init__(
        self,
        new_id: Callable[[], str] = lambda: uuid4().hex,
        identifiers: Identifiers = USUAL,
        collecting: Collecting | None = None,
        plan: Callable[[], TrackingPlan] = lambda: NO_PLAN,
        untranslated: Collection[str] = (),
        marking: Marking | None = None,
    ) -> None:
        """``new_id`` makes ids for messages that come without one; ``plan`` is that in force.

        ``collecting`` says whose events may not be taken; without it nobody is asked. The events of
        sources that are ``untranslated``, or of all, keep the names that they come with.
        ``marking`` looks for robots; without it nobody does.
        """
        self._marking = marking
        self._untranslated = frozenset(untranslated)
        self.new_id = new_id
        self.identifiers = identifiers
        self._collecting = collecting
        self._plan = plan
        self._times = TimeReader(TimeForm())

    def facts(
        self,
        messages: Messages,
        shared: Mapping[str, Any],
        key: ApiKey,
        now_us: int,
        new_id: Callable[[], str] | None = None,
    ) -> tuple[Arrived, Mapping[int, Refusal]]:
        """The facts of messages, and by place what the plan has against some of them.

        These are still among the facts, so that it is known whose they are: see `settled`.
        """
        plan = self._plan()
        if self._untranslated.isdisjoint((key.name, EVERY_SOURCE)):
            messages = [
                (translated(message) if isinstance(message, dict) else message, fault)
                for message, fault in messages
            ]
        found = judged(messages, plan) if plan.is_there else None
        facts = arrived(
            messages if found is None else found.messages,
            shared,
            source=key.name,
            now_us=now_us,
            new_id=new_id or self.new_id,
            trusted=key.scope == "admin",
            times=self._times,
            identifiers=self.identifiers,
        )
        if key.sample < ALL:
            facts = without(facts, {**_left_out(facts, key.sample), **facts.refused})
        if found is None:
            return facts, {}
        warnings = {**found.warnings, **facts.warnings}
        columns = with_signals(facts.columns, plan)
        return facts._replace(columns=columns, warnings=warnings), found.violations

    def marked(self, facts: Arrived) -> Arrived:
        """The facts that are left, with verdicts about those that no person caused."""
        return facts if self._marking is None else with_verdicts(facts, self._marking)

    @property
    def asks(self) -> bool:
        """Whether events need somebody's consent to be taken."""
        return self._collecting is not None and self._collecting.asks()

    def settled(self, facts: Arrived, violations: Mapping[int, Refusal]) -> Arrived:
        """Without the facts that may not be stored; a message's own fault goes before the plan's.

        Raises `BehindError`; blocks while somebody's consent is looked up.
        """
        refused = {**violations, **facts.refused}
        if self.asks and self._collecting is not None:
            refused |= self._collecting.refused(facts)
        return without(facts, refused) if refused else facts


def is_preview(message: Value) -> bool:
    """Whether a message is of a page that is only tried: its context has ``preview: true``."""
    context = message.get("context") if isinstance(message, dict) else None
    return isinstance(context, dict) and context.get("preview") is True


def _left_out(facts: Arrived, part: int) -> dict[int, Refusal]:
    """By place the messages of people who are not in a sample, but what they say of consent."""
    columns = facts.columns
    return {
        place: _NOT_SAMPLED
        for place, subject, name in zip(facts.places, columns.subject, columns.name, strict=True)
        if name not in ALWAYS and not is_in_sample(subject, part)
    }
