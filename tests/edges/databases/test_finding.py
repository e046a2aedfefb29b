from __future__ import annotations

import pytest

from tailorbird.edges.databases.finding import open_database, schemes
from tailorbird.events.addresses import address_of
from tailorbird.kernel.errors import UnknownNameError


def test_databases_of_the_product_are_found_as_those_of_others_are() -> None:
    assert schemes() == ["duckdb", "postgres", "postgresql", "sqlite"]


def test_a_scheme_that_nobody_reads_names_those_that_are_read() -> None:
    with pytest.raises(UnknownNameError, match="no kind of database 'sqllite'; did you mean"):
        open_database(address_of("sqllite:///a.db", {}))
