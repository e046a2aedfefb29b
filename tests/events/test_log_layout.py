from __future__ import annotations

import pytest

from tailorbird.events.log_layout import PRESETS, read_layout
from tailorbird.kernel.errors import InputError


def names(layout: str) -> list[str]:
    return [piece.name for piece in read_layout(layout).pieces]


def test_the_combined_layout_of_apache_and_that_of_nginx_say_the_same() -> None:
    nginx = (
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
        '"$http_referer" "$http_user_agent"'
    )
    apache = names("combined")
    assert apache == [
        *("host", "ident", "user", "time", "request", "status", "bytes", "referrer", "agent")
    ]
    assert names(nginx) == [name for name in apache if name != "ident"]


def test_a_layout_may_be_pasted_from_the_configuration_of_a_server() -> None:
    pasted = r"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""
    assert names(pasted) == names("combined")
    more = PRESETS["combined"] + ' %{X-Request-Id}i "%{uid}C" %{ms}T %!200,304{X-Cache}o %D %%'
    assert names(more)[9:] == ["request_id", "cookie.uid", "seconds", "answer.x-cache", "seconds"]


def test_variables_of_nginx_are_headers_cookies_and_parameters() -> None:
    layout = "${remote_addr} $msec $arg_user_id $cookie_uid $http_x_forwarded_for"
    assert names(layout + " $sent_http_x_cache $host") == [
        *("host", "time", "query.user_id", "cookie.uid", "header.x-forwarded-for"),
        *("answer.x-cache", "site"),
    ]


@pytest.mark.parametrize(
    ("layout", "says"),
    [
        ("combind", "did you mean 'combined'"),
        ("%h %u", "says no time"),
        ("%h%u %t", "nothing stands between host and %u"),
        ("%h %{%Y}t", "times are read as %t"),
        ("%h %Z %t", "'%Z' in the layout of the log line is not known"),
        ("%i %t", "names nothing in braces"),
        ("%t " + "x" * 4_000, "at most 4000 characters"),
    ],
)
def test_a_layout_that_cannot_be_read_says_what_can(layout: str, says: str) -> None:
    with pytest.raises(InputError) as raised:
        read_layout(layout)
    assert says in str(raised.value)
