"""The newest messages of one project's collector, held while its server runs."""

from __future__ import annotations

import random

from tailorbird.flow.hourly_samples import HourlySamples
from tailorbird.flow.recent_messages import RecentMessages
from tailorbird.runtimes.project import Project


def recent_of(project: Project) -> RecentMessages:
    """Holds as much as the settings say."""
    settings = project.settings
    samples = HourlySamples(random.random)
    return RecentMessages(project.now_us, settings.debugger_memory, samples, settings.identifiers)
