"""``tailorbird prove``: the readings compared on the user's own data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tailorbird.cli.options import json_option, published_option, with_project
from tailorbird.cli.output import NEGATIVE, emit_json, progress, say, table
from tailorbird.kernel.amounts import amount
from tailorbird.kernel.errors import InputError
from tailorbird.kernel.instants import format_instant
from tailorbird.runtimes.project import Project

if TYPE_CHECKING:
    from tailorbird.flow.prove import Proof
    from tailorbird.language.definitions import Key


@click.command("prove")
@click.option(
    "--people", type=click.IntRange(min=1), default=200, show_default=True, help="So many people."
)
@click.option("--all", "everybody", is_flag=True, help="Everybody, whatever --people says.")
@click.option(
    "--instants",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Instants for each of them, at and beside the edges of their windows.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Another seed, other people and edges."
)
@click.option(
    "--known",
    type=click.Choice(["now", "then"]),
    default="now",
    show_default=True,
    help="Compare in hindsight, or with what was known at each instant.",
)
@json_option
@published_option
@with_project
def command(
    project: Project,
    people: int,
    everybody: bool,
    instants: int,
    seed: int,
    known: str,
    as_json: bool,
) -> None:
    """Ask the live engine, batch and the naive reference the same questions about real people.

    Half of the people are the heaviest and the merged, the others are taken by chance. Exit code
    1 when any two readings disagree; each disagreement is printed small, as a case file.

    \b
    tailorbird prove
    tailorbird prove --people 1000 --seed 7
    """
    from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
    from tailorbird.flow.prove import prove

    definitions = project.definitions.definitions
    with progress("proof") as bar:
        proof = prove(
            project.history,
            definitions,
            lambda: DuckDbHistory(None),
            people=None if everybody else people,
            instants=instants,
            seed=seed,
            known_then=known == "then",
            progress=bar,
        )
    if not proof.cases:
        raise InputError(
            "nothing could be compared: there has to be a definition, and "
            "`tailorbird import FILE --mapping NAME` brings people"
        )
    if as_json:
        emit_json(_as_json(proof))
    else:
        _print(proof, known)
    if proof.found:
        raise click.exceptions.Exit(NEGATIVE)


def _as_json(proof: Proof) -> dict[str, Any]:
    sample = proof.sample
    return {
        "seed": proof.seed,
        "people": proof.people,
        "heaviest": None if sample is None else sample.heaviest,
        "merged": None if sample is None else sample.merged,
        "population": proof.people if sample is None else sample.population,
        "most_facts": proof.most_facts,
        "questions": proof.questions,
        "cases": proof.cases,
        "left_out": proof.left_out,
        "answered": proof.compared,
        "everybody_at": [format_instant(at_us) for at_us in proof.together],
        "not_asked_about_everybody": [_named(key) for key in proof.apart],
        "disagreements": [str(found) for found in proof.found],
        "case_files": proof.shrunk,
    }


def _print(proof: Proof, known: str) -> None:
    say(f"{_whom(proof)}; the heaviest of them has {amount(proof.most_facts, 'fact')}")
    say(
        f"{amount(proof.questions, 'question')} at edges of their windows, "
        f"{amount(proof.cases, 'case')}"
        f"{', as known then' if known == 'then' else ''}, seed {proof.seed}"
    )
    rows = [(name, f"{count:,}", _share(count, proof.cases)) for name, count in _told(proof)]
    table(("reading", "cases", "of all"), rows, right=("cases", "of all"))
    for remark in _remarks(proof):
        say(remark)
    if not proof.found:
        say("0 disagreements")
        return
    for found in proof.found[:20]:
        say(str(found))
    if len(proof.found) > 20:
        say(f"and {len(proof.found) - 20:,} more")
    for case in proof.shrunk:
        say(f"---\n{case}")
    say(amount(len(proof.found), "disagreement"))


def _whom(proof: Proof) -> str:
    sample = proof.sample
    if sample is None or proof.people >= sample.population:
        return f"all {amount(proof.people, 'person')}"
    by_chance = proof.people - sample.heaviest - sample.merged
    return (
        f"{proof.people:,} of {amount(sample.population, 'person')}: {sample.heaviest:,} heaviest, "
        f"{sample.merged:,} merged, {by_chance:,} by chance"
    )


def _named(key: Key) -> str:
    kind, name = key
    return f"{kind} {name}" if name else "the persona"


def _told(proof: Proof) -> list[tuple[str, int]]:
    return list(proof.compared.items())


def _share(count: int, cases: int) -> str:
    return f"{100 * count / cases:.1f} %" if cases else "-"


def _remarks(proof: Proof) -> list[str]:
    remarks = []
    if proof.left_out:
        remarks.append(
            f"{amount(proof.left_out, 'case')} of people with very many facts not asked: "
            "they would take too long"
        )
    if any(count < proof.cases for name, count in _told(proof) if "batch, " not in name):
        remarks.append(
            "where a reading answered fewer cases, the others would have taken it too long; "
            "they are compared among the rest"
        )
    if proof.together:
        instants = ", ".join(format_instant(at_us) for at_us in proof.together)
        remarks.append(f"everybody was asked about at once at {instants}")
    if proof.apart:
        names = ", ".join(_named(key) for key in proof.apart)
        remarks.append(f"not about {names}: that is answered person by person")
    return remarks
