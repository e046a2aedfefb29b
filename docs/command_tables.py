"""The reference of the command line, its settings and mappings, as the code has them."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc

import click
from ruamel.yaml import YAML

from tailorbird.cli import main
from tailorbird.events.ready_mappings import READY, mapping_text
from tailorbird.runtimes.settings import SETTINGS

Path = tuple[str, ...]
"""The words that call a command."""


def commands() -> Iterator[tuple[Path, click.Command]]:
    """Every command with the words that call it; groups before what is in them."""
    yield from _within(("tailorbird",), main)


def _within(path: Path, group: click.Group) -> Iterator[tuple[Path, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield (*path, name), command
            if isinstance(command, click.Group):
                yield from _within((*path, name), command)


def command_sections() -> str:
    """One section a command: how it is called, what it does, what it takes."""
    return "\n".join(_section(path, command) for path, command in commands()) + "\n"


def _section(path: Path, command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(path))
    usage = " ".join((*path, *command.collect_usage_pieces(context)))
    lines = [f"## {' '.join(path)}", "", "```", usage, "```", "", *_help(command), ""]
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            lines.append(f"- `{record[0]}`: {record[1]}")
    return "\n".join(lines) + "\n"


def _help(command: click.Command) -> list[str]:
    """The help's paragraphs; one that keeps its lines is an example."""
    lines: list[str] = []
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b\n"):
            lines += ["```sh", *paragraph.splitlines()[1:], "```", ""]
        else:
            lines += [*paragraph.splitlines(), ""]
    return lines[:-1]


def settings() -> list[tuple[str, str, str, str]]:
    """Each setting: its name, what it takes, what it is otherwise, and what it means."""
    return [
        (
            f"`{setting.name}`" + (f" or `{setting.variable}`" if setting.variable else ""),
            setting.takes,
            f"`{setting.default}`",
            setting.help,
        )
        for setting in SETTINGS
    ]


def mappings() -> list[tuple[str, str]]:
    """Each ready mapping and what its file says about itself."""
    yaml = YAML(typ="safe")
    told = ((name, str(yaml.load(mapping_text(name)).get("about", ""))) for name in READY)
    return [(f"`{name}`", " ".join(about.split())) for name, about in told]
