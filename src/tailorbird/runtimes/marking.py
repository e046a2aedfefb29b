"""What looks for robots among the facts of a project."""

from __future__ import annotations

from tailorbird.events.marking import Marking, Rules
from tailorbird.runtimes.project import Project


def rules_of(project: Project) -> Rules:
    """What the settings say that gives robots away."""
    settings = project.settings
    return Rules(settings.bot_rate, settings.honeypots, settings.double_click_us)


def marking_of(project: Project) -> Marking | None:
    """What looks at facts as they arrive; None where the settings want nobody marked."""
    return Marking(rules_of(project)) if project.settings.bots == "mark" else None
