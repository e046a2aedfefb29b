"""The command line: one file a verb, loaded when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple, NoReturn

import click

from tailorbird.version import VERSION

ERROR: Final = 2
"""The exit code when something given cannot be used; 1 is a negative result."""
JSON: Final = "tailorbird.json"
"""Under this name the context remembers that JSON is wanted."""
HERE: Final = "here"
"""The context's object where a command has to run in this process."""


_INTERRUPTED: Final = "interrupted; what was not finished is not stored"
_DAMAGE: Final = frozenset(
    {"FatalException", "IOException", "InternalException", "SerializationException"}
)
"""What the history's engine calls errors in its file; loading it to compare classes costs time."""


class Verb(NamedTuple):
    """Where a command lives, and what the list of commands says about it."""

    module: str
    says: str


VERBS: Final = {
    "init": Verb("init", "make a project with commented examples"),
    "check": Verb("check", "say everything that is wrong with the definitions"),
    "import": Verb("importing", "read an event file into the history"),
    "follow": Verb("follow", "take in what is added to a file or comes through a pipe"),
    "schedule": Verb("schedule", "what is imported at which times, and what became of it"),
    "keys": Verb("keys", "make, list and revoke keys for the server"),
    "pixel": Verb("pixel", "the address of a picture for mails that says it was looked at"),
    "hooks": Verb("hooks", "let providers of e-mail and others post what happened"),
    "webhooks": Verb("webhooks", "tell other systems who enters and leaves segments"),
    "list": Verb("lists", "put people on a list, or take them off"),
    "publish": Verb("publish", "make the definition files the registry's newest version"),
    "pull": Verb("pull", "write the registry's newest version into the definition files"),
    "segments": Verb("segments", "the size of every segment, and how it changed"),
    "segment": Verb("segment", "who is in a segment"),
    "score": Verb("score", "how a score is spread over people"),
    "personas": Verb("personas", "how many people each persona has"),
    "person": Verb("person", "everything about one person"),
    "explain": Verb("explain", "why somebody is in a segment or not, and until when"),
    "size": Verb("size", "the size of a segment over time, who entered and who left"),
    "diff": Verb("diff", "who would enter and leave if the files were published"),
    "health": Verb("health", "overlapping, duplicate, dead and contradictory segments"),
    "figures": Verb("figures", "cut points of the population, kept as facts"),
    "prove": Verb("prove", "compare the readings on your own data"),
    "serve": Verb("serve", "take events over HTTP, and keep live profiles"),
    "open": Verb("console", "open the console in a browser"),
    "tail": Verb("tail", "the accepted facts as they come"),
    "rejects": Verb("rejects", "what the collector rejected, and why"),
    "quarantine": Verb("quarantine", "what is kept aside until the plan or a fault is mended"),
    "plan": Verb(
        "plan", "what events look like: write a plan from history, hold a file against it"
    ),
    "bots": Verb("bots", "facts that no person caused: report, find, acquit"),
    "quality": Verb("quality", "which events are not as at the same hours of past weeks"),
    "reconcile": Verb("reconcile", "compare two sources by a key: missing, other, twice"),
    "doctor": Verb("doctor", "say whether everything is well, and what to do"),
    "backup": Verb("backup", "copy the log and the registry to another place"),
    "restore": Verb("restore", "make a project again from its backup and its keys"),
    "simulate": Verb("simulate", "write an invented clickstream to a file"),
}
"""In the order in which they are listed."""
_ALWAYS_HERE: Final = frozenset(
    {
        *("backup", "check", "doctor", "hooks", "init", "keys", "open", "pixel", "pull", "rejects"),
        *("restore", "serve", "simulate", "tail"),
    }
)
"""Commands that need no history."""
_PARTS_HERE: Final = frozenset({("schedule", "list"), ("schedule", "history")})
"""Parts of others that need none."""


class Commands(click.Group):
    """The verbs; a module is loaded when its verb is called, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with a name, loaded now."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"tailorbird.cli.{VERBS[cmd_name].module}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list from the table, so that no module has to be loaded for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.says) for name, verb in VERBS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember first whether JSON is wanted: a wrong call is answered in it too."""
        ctx.meta[JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the words begin with; an unknown one gets the nearest name."""
        if args and not args[0].startswith("-") and args[0] not in VERBS:
            from tailorbird.kernel.errors import nearest

            ctx.fail(f"there is no command {args[0]!r}{nearest(args[0], VERBS)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what goes wrong becomes one message and the exit code 2.

        While a server has the project's history, the command runs there.
        """
        try:
            words = [*ctx._protected_args, *ctx.args]
            if words and not _belongs_here(words) and ctx.obj != HERE:
                code = _elsewhere(words)
                if code is not None:
                    raise click.exceptions.Exit(code)
            return super().invoke(ctx)
        except click.UsageError as error:
            if not ctx.meta[JSON]:
                raise
            _fail(ctx, error.format_message())
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            _fail(ctx, _INTERRUPTED)
        except Exception as error:
            if os.environ.get("TAILORBIRD_TRACEBACK"):
                raise
            _fail(ctx, _message(error), getattr(error, "problems", ()))


def _belongs_here(words: Sequence[str]) -> bool:
    """Whether a command needs no history; what is followed is handed over step by step."""
    if words[0] == "follow":
        return "--once" not in words
    return words[0] in _ALWAYS_HERE or tuple(words[:2]) in _PARTS_HERE


def _elsewhere(words: Sequence[str]) -> int | None:
    if "--help" in words or "-h" in words:
        return None
    from tailorbird.cli.elsewhere import run_elsewhere

    return run_elsewhere(words)


def _message(error: Exception) -> str:
    from tailorbird.kernel.errors import TailorbirdError

    if isinstance(error, TailorbirdError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    kind, first_line = type(error).__name__, str(error).partition("\n")[0]
    if (kind, first_line) == ("RuntimeError", "Query interrupted"):
        return _INTERRUPTED  # the same key, pressed while the engine was at work
    if kind == "OutOfMemoryException":
        return (
            f"the history may not take more memory: {first_line}; "
            "give it more with the setting memory_limit or TAILORBIRD_MEMORY_LIMIT=4GB"
        )
    if kind in _DAMAGE:
        return (
            f"the history cannot be read; its file may be damaged: {first_line}; where the log is "
            "whole, remove history.duckdb, and it is made again"
        )
    return (
        f"this should not happen: {kind}: {first_line}; "
        "set TAILORBIRD_TRACEBACK=1 to see where, and report it"
    )


def _fail(ctx: click.Context, message: str, problems: Sequence[Any] = ()) -> NoReturn:
    if ctx.meta.get(JSON):
        from tailorbird.cli.output import emit_json, problem_json

        told = [problem_json(problem) for problem in problems]
        emit_json({"error": {"message": message, "problems": told}})
    else:
        click.echo(f"error: {message}", err=True)
    raise click.exceptions.Exit(ERROR)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with `tailorbird init shop`. Every command has --help with an example, and "
    "--json for programs. Exit codes: 0 done, 1 a negative result, 2 an error.",
)
@click.version_option(VERSION, prog_name="tailorbird", message="%(prog)s %(version)s")
def main() -> None:
    """Behavioural targeting: say whom you mean once, and see who that is, when and why."""
    for stream in (sys.stdout, sys.stderr):
        # An id may hold what no terminal can show; that must not stop the command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
