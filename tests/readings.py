"""Every reading there is, for the suites that compare them."""

from __future__ import annotations

from tests.flow.batch_readings import AskedReading, EverybodyReading

from tailorbird.language.laws.live_readings import FoldReading
from tailorbird.language.laws.live_stream import StreamReading
from tailorbird.language.laws.readings import Reading, ReferenceReading

READINGS: list[Reading] = [ReferenceReading(), FoldReading(), StreamReading(), AskedReading()]
EVERYBODY: list[Reading] = [ReferenceReading(), EverybodyReading()]
"""For worlds in which many are asked about at few instants."""
