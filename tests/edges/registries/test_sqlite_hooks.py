from __future__ import annotations

from pathlib import Path

from tailorbird.edges.registries.sqlite_hooks import SqliteHooks
from tailorbird.ports.hooks import Hook, SealedHook


def test_what_another_process_changed_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    mails = SealedHook(Hook("mails", "mailgun", {"person": "é"}, 5), b"sealed")
    with SqliteHooks(path) as one, SqliteHooks(path) as other:
        assert one.hooks() == {}
        other.add_hook(mails)
        assert one.hooks() == {"mails": mails}
        other.remove_hook("mails")
        assert one.hooks() == {}
