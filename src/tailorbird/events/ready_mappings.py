"""Ready mappings for files that many people have, to the names that e-commerce events have."""

from __future__ import annotations

from importlib import resources
from typing import Final

from tailorbird.events.mapping import Mapping, parse_mapping

READY: Final = (
    "access-log",
    "cloudevents",
    "rees46",
    "retailrocket",
    "segment-jsonl",
    "simulated",
    "taobao",
    "uci-online-retail",
    "yoochoose",
)
"""The names of the mappings that come with the product."""


def mapping_text(name: str) -> str:
    """The file of a ready mapping: a pattern for one's own."""
    file = resources.files("tailorbird.events").joinpath("mappings", f"{name}.yaml")
    return file.read_text(encoding="utf-8")


def ready_mapping(name: str) -> Mapping:
    """A mapping of `READY`.

    >>> ready_mapping("rees46").source
    'rees46'
    """
    return parse_mapping(mapping_text(name), f"{name}.yaml", name)
