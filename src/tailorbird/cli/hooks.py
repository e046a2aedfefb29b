"""``tailorbird hooks``: addresses that other systems post to by themselves."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tailorbird.cli.options import json_option, overlap_option, with_project
from tailorbird.cli.output import emit_json, say, table
from tailorbird.events.addresses import expanded
from tailorbird.flow import hooks
from tailorbird.kernel import limits
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import format_instant
from tailorbird.ports.hooks import Field, Hook
from tailorbird.runtimes.hooks import provider_named, providers
from tailorbird.runtimes.project import Project


@click.group("hooks")
def command() -> None:
    """Addresses that providers of e-mail and other systems post to, with a check that it is them.

    \b
    tailorbird hooks add mails sendgrid --set public_key=@sendgrid.pub
    """


_SET = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the provider needs; @FILE is the content of a file, ${NAME} a variable of the "
    "environment.",
)


@command.command("add")
@click.argument("name")
@click.argument("provider")
@_SET
@json_option
@with_project
def add(project: Project, name: str, provider: str, settings: Sequence[str], as_json: bool) -> None:
    """Make an address for PROVIDER; secrets that are made up for it are shown this once.

    `tailorbird hooks providers` says what each of them needs. Facts that come this way have NAME
    as their source.

    \b
    tailorbird hooks add receipts mailgun --set 'signing_key=${MAILGUN_KEY}'
    """
    hook, made = hooks.create(
        project.hooks,
        project.keyring,
        os.urandom,
        project.now_us(),
        name,
        provider_named(provider),
        dict(_setting(said) for said in settings),
    )
    if not as_json:
        say(f"give {provider} the address of your server with this path: {path_of(hook)}")
    _tell(hook, made, as_json)


@command.command("change")
@click.argument("name")
@_SET
@click.option("--renew", is_flag=True, help="Make up anew what was made up.")
@overlap_option("How long the old secrets are good beside the new ones; 0s ends a leaked one now.")
@json_option
@with_project
def change(
    project: Project,
    name: str,
    settings: Sequence[str],
    renew: bool,
    overlap_us: int,
    as_json: bool,
) -> None:
    """Give a hook another secret, mapping or other setting; its address stays.

    What is not given stays as it was. Where secrets become others, what is signed with the old ones
    is taken for a while too, so that you have time to tell the provider.

    \b
    tailorbird hooks change receipts --set 'signing_key=${MAILGUN_KEY}'
    tailorbird hooks change points --renew --overlap 0s
    """
    hook, made = hooks.change(
        project.hooks,
        project.keyring,
        os.urandom,
        project.now_us(),
        name,
        provider_named(hooks.known_hook(project.hooks, name).provider),
        dict(_setting(said) for said in settings),
        renew=renew,
        overlap_us=overlap_us,
    )
    if not as_json:
        say(f"changed {path_of(hook)}")
    _tell(hook, made, as_json)


def _tell(hook: Hook, made: Mapping[str, str], as_json: bool) -> None:
    """Tell what was made up for a hook, this once."""
    if as_json:
        emit_json({"name": hook.name, "path": path_of(hook), "secrets": made})
        return
    for field, value in made.items():
        say(f"{field}: {value}")
    if made:
        say("it is shown only now, keep it in a safe place")


def path_of(hook: Hook) -> str:
    """Where its provider posts to."""
    return f"/v1/hooks/{hook.provider}/{hook.name}"


def _setting(said: str) -> tuple[str, str]:
    name, mark, value = said.partition("=")
    if not mark:
        raise InputError(f"--set takes NAME=VALUE, not {name!r}")
    if not value.startswith("@"):
        return name, expanded(value, os.environ)
    path = Path(value[1:])
    try:
        with path.open(encoding="utf-8") as stream:
            return name, stream.read(limits.HOOK_SETTING_CHARACTERS + 1).rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


@command.command("list")
@json_option
@with_project
def list_(project: Project, as_json: bool) -> None:
    """Every hook with its path and settings, without secrets.

    \b
    tailorbird hooks list
    """
    found = [kept.hook for kept in project.hooks.hooks().values()]
    if as_json:
        emit_json(
            [
                {
                    "name": hook.name,
                    "provider": hook.provider,
                    "path": path_of(hook),
                    "settings": dict(hook.settings),
                    "created": format_instant(hook.created_us),
                }
                for hook in found
            ]
        )
        return
    rows = [(hook.name, path_of(hook), _shown(hook.settings)) for hook in found]
    table(("hook", "path", "settings"), rows)


def _shown(settings: Mapping[str, str]) -> str:
    said = ((name, value.partition("\n")[0]) for name, value in settings.items() if value)
    return ", ".join(f"{name}={value[:40]}" for name, value in said)


@command.command("remove")
@click.argument("name")
@json_option
@with_project
def remove(project: Project, name: str, as_json: bool) -> None:
    """Take an address away, and forget its secrets; what came this way stays.

    \b
    tailorbird hooks remove receipts
    """
    hook = hooks.remove(project.hooks, project.keyring, name)
    if as_json:
        emit_json({"name": name, "removed": True})
        return
    say(f"removed {path_of(hook)}")


@command.command("providers")
@json_option
@with_project
def providers_(project: Project, as_json: bool) -> None:
    """Who can post, and what has to be known of each.

    \b
    tailorbird hooks providers
    """
    found = providers().values()
    if as_json:
        emit_json(
            [
                {
                    "provider": one.name,
                    "says": one.says,
                    "settings": [
                        {
                            "name": field.name,
                            "says": field.says,
                            "secret": field.is_secret,
                            "needed": field.default is None and not field.is_made,
                        }
                        for field in one.fields
                    ],
                }
                for one in found
            ]
        )
        return
    rows = [
        (one.name if not number else "", field.name, _needs(field), field.says)
        for one in found
        for number, field in enumerate(one.fields)
    ]
    table(("provider", "setting", "", "is"), rows)


def _needs(field: Field) -> str:
    if field.is_made:
        return "made"
    return "needed" if field.default is None else field.default
