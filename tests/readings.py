"""Every reading there is, for the suites that compare them."""

from __future__ import annotations

from tailorbird.language.laws.live_readings import FoldReading
from tailorbird.language.laws.live_stream import StreamReading
from tailorbird.language.laws.readings import Reading, ReferenceReading

READINGS: list[Reading] = [ReferenceReading(), FoldReading(), StreamReading()]
