"""Certificates that nobody but a test trusts."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple


class Signed(NamedTuple):
    """Files in the form of PEM."""

    certificate: Path
    key: Path


def self_signed(folder: Path, names: str = "DNS:localhost,IP:127.0.0.1") -> Signed:
    """A certificate for some names, and its key."""
    made = Signed(folder / "own.crt", folder / "own.key")
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    words += ["-subj", "/CN=localhost", "-addext", f"subjectAltName={names}"]
    words += ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(words, check=True, capture_output=True)
    return made
