"""``tailorbird webhooks``: other systems that are told who turned."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, cast

import click

from tailorbird.cli.options import json_option, overlap_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, say, table
from tailorbird.delivery.announcing import trial
from tailorbird.delivery.endpoints import EVENTS, USUAL_CAUSES, Endpoint, Event
from tailorbird.delivery.outbox import Message
from tailorbird.delivery.retry import verdict
from tailorbird.delivery.signing import secret_text
from tailorbird.flow import webhooks
from tailorbird.flow.sealed_messages import SealedMessages
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError, UnknownNameError
from tailorbird.kernel.instants import format_instant
from tailorbird.ports.delivery import Standing
from tailorbird.runtimes.project import Project, load_texts
from tailorbird.segments.membership import CAUSES, Cause


@click.group("webhooks")
def command() -> None:
    """Other systems that are told, signed and at least once, who enters and leaves segments.

    \b
    tailorbird webhooks create https://crm.example.com/hooks --segment vip
    """


@command.command("create")
@click.argument("url")
@click.option(
    "--segment", "segments", multiple=True, metavar="NAME", help="Only these. Default: all."
)
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice(EVENTS),
    default=("segment.entered", "segment.left"),
    show_default=True,
    help="What it is told.",
)
@click.option(
    "--cause",
    "causes",
    multiple=True,
    type=click.Choice(CAUSES),
    default=USUAL_CAUSES,
    show_default=True,
    help="Only of changes for these reasons.",
)
@json_option
@with_project
def create(
    project: Project,
    url: str,
    segments: Sequence[str],
    events: Sequence[str],
    causes: Sequence[str],
    as_json: bool,
) -> None:
    """Make an endpoint; its signing secret is shown this once.

    From now on URL is sent a message for each change. People who enter or leave because another
    version is published are left out unless you ask with --cause definition.

    \b
    tailorbird webhooks create https://crm.example.com/hooks --segment vip
    """
    _check_segments(project, segments)
    wanted = cast(Sequence[Event], events), segments, cast(Sequence[Cause], causes)
    endpoint, secret = webhooks.create(
        project.endpoints, project.keyring, os.urandom, project.now_us(), url, wanted
    )
    _show_secret(endpoint.id, secret, as_json)


def _check_segments(project: Project, segments: Sequence[str]) -> None:
    if not segments:
        return
    newest = project.registry.newest()
    if newest is None:
        raise InputError("nothing is published yet; `tailorbird publish` does it")
    known = [one.name for one in load_texts(newest.files).definitions.of_kind("segment")]
    for name in segments:
        if name not in known:
            raise UnknownNameError("published segment", name, known)


def _show_secret(id_: str, secret: bytes, as_json: bool) -> None:
    if as_json:
        emit_json({"id": id_, "secret": secret_text(secret)})
        return
    say(secret_text(secret))
    say(f"signs for the endpoint {id_}; it is shown only now, give it to the receiver")


@command.command("list")
@json_option
@with_project
def list_(project: Project, as_json: bool) -> None:
    """Every endpoint, what it is told, and how it is.

    \b
    tailorbird webhooks list
    """
    found = [(one, project.outbox.standing(one.id)) for one in _endpoints(project)]
    if as_json:
        emit_json([_plain(*one) for one in found])
        return
    rows = [
        (
            endpoint.id,
            endpoint.url,
            ", ".join(endpoint.segments) or "all",
            _state(endpoint, standing),
            f"{standing.health.sent:,}",
            f"{standing.waiting:,}",
            f"{standing.dead:,}",
        )
        for endpoint, standing in found
    ]
    names = ("id", "url", "segments", "state", "sent", "waiting", "failed")
    table(names, rows, right=("sent", "waiting", "failed"))


def _endpoints(project: Project) -> list[Endpoint]:
    return list(project.endpoints.endpoints().values())


def _state(endpoint: Endpoint, standing: Standing) -> str:
    if not endpoint.is_enabled:
        return f"disabled: {endpoint.reason}"
    health = standing.health
    if health.failures:
        return f"failing since {format_instant(health.failing_since_us)}: {health.told}"
    return "ok" if health.sent else "nothing sent yet"


def _plain(endpoint: Endpoint, standing: Standing) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": endpoint.events,
        "segments": endpoint.segments or None,
        "causes": endpoint.causes,
        "created": format_instant(endpoint.created_us),
        "enabled": endpoint.is_enabled,
        "state": _state(endpoint, standing),
        "sent": standing.health.sent,
        "waiting": standing.waiting,
        "failed": standing.dead,
    }


@command.command("remove")
@click.argument("id_", metavar="ID")
@json_option
@with_project
def remove(project: Project, id_: str, as_json: bool) -> None:
    """Take an endpoint away: when this is done nothing more is sent to it.

    Its secret and what waits for it are forgotten.

    \b
    tailorbird webhooks remove 5f3a90c1d2e3
    """
    endpoint = webhooks.remove(project.endpoints, project.keyring, id_)
    project.outbox.drop(id_)
    if as_json:
        emit_json({"id": id_, "url": endpoint.url, "removed": True})
        return
    say(f"removed {id_}: {endpoint.url}")


@command.command("rotate")
@click.argument("id_", metavar="ID")
@overlap_option("How long the old secrets go on signing beside the new one; 0s ends them now.")
@json_option
@with_project
def rotate(project: Project, id_: str, overlap_us: int, as_json: bool) -> None:
    """Give an endpoint a new signing secret; it is shown this once.

    \b
    tailorbird webhooks rotate 5f3a90c1d2e3 --overlap 2d
    """
    secret = webhooks.rotate(
        project.endpoints, project.keyring, os.urandom, project.now_us(), id_, overlap_us
    )
    _show_secret(id_, secret, as_json)


@command.command("test")
@click.argument("id_", metavar="ID")
@json_option
@with_project
def test(project: Project, id_: str, as_json: bool) -> None:
    """Send a signed message of type webhook.test now, and say what came of it.

    It is tried once. The exit code is 1 when the endpoint did not take it.

    \b
    tailorbird webhooks test 5f3a90c1d2e3
    """
    from tailorbird.runtimes.webhooks import sent_now

    endpoint = webhooks.find(project.endpoints, id_)
    outcome = sent_now(project, endpoint, trial(endpoint, project.now_us()))
    arrived = verdict(outcome) == "done"
    if as_json:
        emit_json({"id": id_, "arrived": arrived, "status": outcome.status, "said": outcome.said})
    else:
        say(f"{'arrived' if arrived else 'not taken'}: {outcome.said}")
    if not arrived:
        raise click.exceptions.Exit(NEGATIVE)


@command.command("failed")
@click.argument("id_", metavar="ID")
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True, metavar="N")
@json_option
@with_project
def failed(project: Project, id_: str, most: int, as_json: bool) -> None:
    """Messages that were given up, the newest first; none about people who were erased since.

    --most N: at most so many.

    \b
    tailorbird webhooks failed 5f3a90c1d2e3
    """
    webhooks.find(project.endpoints, id_)
    sealed = SealedMessages(project.keyring, os.urandom)
    opened = [sealed.opened(message) for message in project.outbox.dead(id_, most)]
    found = [message for message in opened if message is not None]
    if as_json:
        emit_json([_plain_message(message) for message in found])
        return
    rows = [(m.id, m.event, m.subject, f"{m.tries}", m.told) for m in found]
    table(("message", "event", "person", "tries", "last try"), rows, right=("tries",))


def _plain_message(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "event": message.event,
        "person": message.subject,
        "body": message.body.decode(),
        "tries": message.tries,
        "last_try": message.told,
    }


@command.command("resend")
@click.argument("id_", metavar="ID")
@click.argument("messages", nargs=-1, metavar="[MESSAGE]...")
@json_option
@with_project
def resend(project: Project, id_: str, messages: Sequence[str], as_json: bool) -> None:
    """Send messages again that were given up: those that are named, or all.

    They keep their ids and come behind what waits; their timestamps say when they were true.

    \b
    tailorbird webhooks resend 5f3a90c1d2e3
    """
    endpoint = webhooks.find(project.endpoints, id_)
    if not endpoint.is_enabled:
        raise InputError(
            f"{id_} is disabled ({endpoint.reason}); `tailorbird webhooks enable {id_}` first"
        )
    if messages:
        known = [message.id for message in project.outbox.dead(id_, 10_000)]
        for message in messages:
            if message not in known:
                raise UnknownNameError("failed message", message, known)
    count = project.outbox.revive(id_, messages or None)
    if as_json:
        emit_json({"id": id_, "resent": count})
        return
    say(f"{amount(count, 'message is', 'messages are')} sent again")


@command.command("enable")
@click.argument("id_", metavar="ID")
@json_option
@with_project
def enable(project: Project, id_: str, as_json: bool) -> None:
    """Let a disabled endpoint be told again, of what happens from now on.

    What was given up while it failed is sent with `webhooks resend`. What happened while it was
    disabled made no messages; `tailorbird segment NAME --ids` says who is in a segment now.

    \b
    tailorbird webhooks enable 5f3a90c1d2e3
    """
    webhooks.find(project.endpoints, id_)
    project.outbox.forgive(id_)
    project.endpoints.enable(id_)
    if as_json:
        emit_json({"id": id_, "enabled": True})
        return
    say(f"enabled {id_}; `tailorbird webhooks resend {id_}` sends what was given up")
