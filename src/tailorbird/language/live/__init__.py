"""The live reading: state per person that facts and the passing of time move along."""

from tailorbird.language.live.engine import (
    Change,
    Step,
    answers,
    changes_at,
    exists,
    fold,
    merge,
    seed,
    step,
    wake,
)
from tailorbird.language.live.plan import Plan, plan
from tailorbird.language.live.scene import Replay
from tailorbird.language.live.state import PersonState, decode, encode

__all__ = [
    "Change",
    "PersonState",
    "Plan",
    "Replay",
    "Step",
    "answers",
    "changes_at",
    "decode",
    "encode",
    "exists",
    "fold",
    "merge",
    "plan",
    "seed",
    "step",
    "wake",
]
