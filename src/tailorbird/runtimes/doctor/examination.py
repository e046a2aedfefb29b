"""All that is looked at, in the order in which it is told; nothing is changed by looking."""

from __future__ import annotations

from tailorbird.kernel.errors import TailorbirdError
from tailorbird.runtimes.doctor import machine, stores
from tailorbird.runtimes.doctor.findings import Finding
from tailorbird.runtimes.project import Project


def examine(project: Project, *, whole: bool = False) -> list[Finding]:
    """Look at everything; ``whole`` reads all of the log."""
    found = [*machine.programs(), machine.built_files()]
    try:
        settings = project.settings
    except TailorbirdError as error:
        first = str(error).partition("\n")[0]
        return [*found, Finding("settings", "bad", first, "mend the file, or the variable")]
    found.append(Finding("settings", "good", "every setting has a value that it takes"))
    found += machine.limits_of_machine(settings)
    found += stores.files(project)
    data = project.folder / settings.data
    if not data.is_dir():
        says = f"there is no folder {data} yet: nothing was accepted, nothing is published"
        return [*found, Finding("data", "note", says, "tailorbird publish")]
    found += machine.disk(data, settings)
    found.append(stores.registry(data))
    found += stores.sources(data)
    found += stores.schedules(project)
    told, cut = stores.log(data, whole=whole)
    found += told
    now_us = project.now_us()
    found.append(machine.clock(now_us, 0 if cut is None else cut.known_us))
    found += stores.aside(project)
    found += stores.rejected(project)
    if cut is not None:
        found += stores.derived(data, cut.end_position)
        found += stores.copies(data, cut.end_position, now_us)
    return found
