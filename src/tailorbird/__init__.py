"""Tailorbird: behavioural targeting, the same answer live and in batch."""

from tailorbird.version import VERSION

__all__ = ["VERSION"]
