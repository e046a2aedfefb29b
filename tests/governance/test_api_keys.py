"""Keys of programs: a hash is kept, a scope says what one is good for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tailorbird.governance.api_keys import SCOPES, id_of, is_text_of, make_key

KEY, TEXT = make_key("web", "write", bytes(range(36)), 5)


def test_a_key_is_recognised_by_its_text_alone() -> None:
    assert id_of(TEXT) == KEY.id
    assert is_text_of(TEXT, KEY)
    assert not is_text_of(TEXT.replace("write", "admin"), KEY)
    assert not is_text_of(TEXT + "0", KEY)


def test_the_secret_is_not_kept() -> None:
    secret = TEXT.rsplit("_", 1)[1]
    assert secret not in repr(KEY)
    assert bytes.fromhex(secret) not in KEY.digest


def test_an_admin_key_is_good_for_everything_until_it_is_revoked() -> None:
    admin = KEY._replace(scope="admin")
    assert all(admin.may(scope) for scope in SCOPES)
    assert not any(admin._replace(revoked_us=9).may(scope) for scope in SCOPES)
    assert [scope for scope in SCOPES if KEY.may(scope)] == ["write"]


@given(st.text())
def test_no_other_text_is_the_key(text: str) -> None:
    id_of(text)
    assert is_text_of(text, KEY) == (text == TEXT)
