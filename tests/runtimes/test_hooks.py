from __future__ import annotations

import pytest

from tailorbird.kernel.errors import UnknownNameError
from tailorbird.runtimes.hooks import provider_named, providers


def test_providers_of_the_product_are_found_as_those_of_others_are() -> None:
    assert list(providers()) == ["brevo", "mailgun", "mapped", "postmark", "sendgrid", "ses"]
    for provider in providers().values():
        names = [field.name for field in provider.fields]
        assert len(set(names)) == len(names)


def test_an_unknown_provider_has_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'sendgrid'"):
        provider_named("sendgird")
