from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from tailorbird.edges.sources.opening import load_mapping, open_rows
from tailorbird.events.columns import FactColumns
from tailorbird.events.mapping import Mapping, parse_mapping
from tailorbird.events.rows import RowMapper
from tailorbird.events.table import Reject
from tailorbird.kernel.errors import DefinitionError, InputError

SECRET = b"s" * 32
OWN = """
source: shop-log
format: access-log
layout: '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent
  "$http_referer" "$http_user_agent" $request_id "$cookie_uid"'
site: https://shop.example
person: [cookie.uid, query.user_id]
without_person: skip
time: time
event: {constant: Page Viewed}
id: request_id
properties: {url: url, path: path, status: {column: status, type: number}}
"""


def line(
    request: str = "GET /a HTTP/1.1",
    *,
    user: str = "-",
    status: int = 200,
    more: str = "",
    second: int = 0,
) -> str:
    return (
        f"10.0.0.1 - {user} [01/May/2024:10:00:{second:02} +0200] "
        f'"{request}" {status} 512 "https://search.example/" "Browser/1"{more}'
    )


def mapped(
    path: Path, mapping: Mapping, secret: bytes = SECRET
) -> tuple[FactColumns, list[Reject], int]:
    """The facts of a file, what could not be read of it, and how much was left out."""
    rejects: list[Reject] = []
    rows = open_rows(path, mapping, secret)
    mapper = RowMapper(rows.mapping, rows.columns, rows.kinds, blank=rows.blank_is_value)
    parts: list[FactColumns] = []
    skipped = 0
    for chunk in rows.chunks(rejects.append):
        if chunk.rows:
            found = mapper.facts(chunk)
            parts.append(found.columns)
            skipped += found.skipped
            rejects += [
                Reject(chunk.lines[place], why, chunk.raw(place))
                for place, why in found.refused.items()
            ]
    together = (list(chain(*columns)) for columns in zip(*parts, strict=True))
    return FactColumns(*together), rejects, skipped


def test_the_ready_mapping_makes_page_views_of_what_people_read(tmp_path: Path) -> None:
    path = tmp_path / "access.log.1"
    lines = [
        line("GET /shoes?q=red HTTP/1.1", user="ann"),
        line("GET /logo.PNG HTTP/1.1"),
        line("POST /cart HTTP/1.1"),
        line("GET /gone HTTP/1.1", status=404),
        line("GET /about HTTP/1.1"),
        "not a line of a log",
        line().replace("01/May", "41/May"),
    ]
    path.write_text("\n".join(lines) + "\n")
    facts, rejects, skipped = mapped(path, load_mapping("access-log"))
    assert list(facts.name) == ["Page Viewed"] * 2
    assert skipped == 3
    assert facts.subject[0] == "ann" and len(facts.subject[1]) == 24
    properties = json.loads(facts.properties[0] or "")
    assert properties == {
        "url": "/shoes?q=red",
        "path": "/shoes",
        "referrer": "https://search.example/",
        "status": 200_000_000,
        "bytes": 512_000_000,
    }
    context = json.loads(facts.context[0] or "")
    assert context["userAgent"] == "Browser/1"
    assert context["page"] == {"url": "/shoes?q=red", "referrer": "https://search.example/"}
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (6, "the line is not laid out as the mapping says"),
        (7, "unreadable time '41/May/2024:10:00:00 +0200'"),
    ]


def test_people_are_known_by_a_cookie_or_a_parameter_and_nobody_else_is_taken(
    tmp_path: Path,
) -> None:
    path = tmp_path / "access.log.gz"
    lines = [
        line("GET / HTTP/2.0", more=' r1 "v-77"'),
        line("GET /?user_id=bob HTTP/2.0", more=' r2 "-"'),
        line("GET / HTTP/2.0", more=' r3 "-"'),
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    facts, rejects, skipped = mapped(path, parse_mapping(OWN, "own.yaml", "own"))
    assert (list(facts.subject), list(facts.id)) == (["v-77", "bob"], ["r1", "r2"])
    assert (rejects, skipped) == ([], 1)
    assert '"url":"https://shop.example/?user_id=bob"' in (facts.properties[1] or "")


def test_equal_lines_all_stay_and_ids_do_not_depend_on_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("\n".join([line(user="ann")] * 2 + [line(user="ann", second=1)]))
    first, _, _ = mapped(path, load_mapping("access-log"))
    again, _, _ = mapped(path, load_mapping("access-log"), b"t" * 32)
    assert len(set(first.id)) == 3
    assert list(first.id) == list(again.id)


def test_a_name_that_no_line_says_is_one_error_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text("")
    mapping = parse_mapping(OWN.replace("id: request_id", "id: requestid"), "own.yaml", "own")
    with pytest.raises(InputError, match=r"reads id from 'requestid'.*did you mean 'request_id'"):
        open_rows(path, mapping, SECRET)
    with pytest.raises(InputError, match="need the keys of a project"):
        open_rows(path, load_mapping("access-log"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("layout: '", "layout: '$a$b "), r"own\.yaml:4:9: nothing stands between"),
        (("format: access-log", "format: csv"), "`layout` is for `format: access-log`"),
        (("site: https://", "site: "), "`site` begins with https://"),
        (("time: time", "time: time\ncolumns: [a]"), "an access log has no `columns`"),
    ],
)
def test_faults_of_a_mapping_have_their_place(change: tuple[str, str], says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        parse_mapping(OWN.replace(*change), "own.yaml", "own")


def test_ten_thousand_lines_of_a_real_log_are_read(
    data_file: Callable[[str], Path],
) -> None:
    path = data_file("weblog_semicomplete/apache_logs.gz")
    text = load_mapping("access-log")
    facts, rejects, skipped = mapped(path, text)
    assert facts.length + skipped + len(rejects) == 10_000
    assert [(reject.line, reject.raw[-1:]) for reject in rejects] == [(8899, "l")], "cut off"
    assert len(set(facts.id)) == facts.length
    assert len(set(facts.subject)) > 1_000
