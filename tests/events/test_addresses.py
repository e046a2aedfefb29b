from __future__ import annotations

import pytest

from tailorbird.events.addresses import address_of
from tailorbird.kernel.errors import InputError

GIVEN = {"PASSWORD": "s3cret"}


def test_secrets_are_taken_from_the_environment_and_not_shown() -> None:
    address = address_of("postgresql://ann:${PASSWORD}@db:5432/shop", GIVEN)
    assert address.text == "postgresql://ann:s3cret@db:5432/shop"
    assert address.shown == "postgresql://db:5432/shop"
    assert address.hides("no entry for s3cret") == "no entry for ***"
    assert not address.has_written_secret


def test_a_secret_among_the_parameters_is_not_shown_either() -> None:
    address = address_of("postgresql://db/shop?user=ann&password=${PASSWORD}", GIVEN)
    assert address.shown == "postgresql://db/shop?user=ann&password=***"
    assert address.hides(f"cannot use {address.text}: s3cret") == "cannot use ***: ***"


@pytest.mark.parametrize(
    "written", ["postgresql://ann:pass@db/shop", "postgresql://db/shop?password=pass"]
)
def test_a_written_password_is_noticed(written: str) -> None:
    assert address_of(written, {}).has_written_secret


@pytest.mark.parametrize("written", ["shop.db", "sqlite://", "://x", "a b://c"])
def test_what_is_no_address_is_refused_with_examples(written: str) -> None:
    with pytest.raises(InputError, match="is written like sqlite:///shop"):
        address_of(written, {})


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(InputError, match="the variable PASSWORD of the environment is needed"):
        address_of("postgresql://ann:${PASSWORD}@db/shop", {})
