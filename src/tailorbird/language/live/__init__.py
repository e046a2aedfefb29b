"""The live reading: state per person that facts and the passing of time move along."""

from tailorbird.language.live.ahead import Ahead
from tailorbird.language.live.answering import (
    Step,
    answers,
    exists,
    membership,
    persona_of,
)
from tailorbird.language.live.engine import (
    fold,
    merge,
    seed,
    step,
    step_all,
    wake,
)
from tailorbird.language.live.plan import Plan, plan
from tailorbird.language.live.scene import Replay
from tailorbird.language.live.state import PersonState, decode, encode
from tailorbird.language.live.turning import Change

__all__ = [
    "Ahead",
    "Change",
    "PersonState",
    "Plan",
    "Replay",
    "Step",
    "answers",
    "decode",
    "encode",
    "exists",
    "fold",
    "membership",
    "merge",
    "persona_of",
    "plan",
    "seed",
    "step",
    "step_all",
    "wake",
]
