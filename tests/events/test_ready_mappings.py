from __future__ import annotations

from pathlib import Path
from typing import Any

from tailorbird.edges.sources.opening import open_rows
from tailorbird.edges.warehouses.duckdb_history import DuckDbHistory
from tailorbird.events.ready_mappings import ready_mapping
from tailorbird.flow.imports import import_file
from tailorbird.kernel.facts import Fact
from tailorbird.kernel.instants import format_instant

FILES = {
    "retailrocket": (
        "timestamp,visitorid,event,itemid,transactionid\n"
        "1433221332117,257597,view,355908,\n"
        "1433224214164,992329,addtocart,248676,\n"
        "1433222276276,599528,transaction,356475,4000\n"
        "1433222276276,599528,transaction,15335,4000\n"
    ),
    "taobao": (
        "1,2268318,2520377,pv,1511544070\n"
        "1,2268318,2520377,cart,1511544071\n"
        "1,2268318,2520377,fav,1511544072\n"
        "1,2268318,2520377,buy,1511544073\n"
    ),
    "yoochoose": (
        "420374,2014-04-06T18:44:58.314Z,214537888,12462,1\n"
        "420374,2014-04-06T18:44:58.325Z,214537850,10471,2\n"
        "420375,2014-04-06T18:44:58.325Z,214537850,0,0\n"
    ),
    "yoochoose clicks": "1,2014-04-07T10:51:09.277Z,214536502,0\n",
}


def facts_of(name: str, folder: Path) -> list[Fact]:
    file = folder / "events.dat"
    file.write_text(FILES[name])
    with DuckDbHistory(None) as history:
        rows = open_rows(file, ready_mapping(name.split()[0]))
        report = import_file(history, rows, now_us=10**16, rejects_path=folder / "rejects")
        assert report.rejected == 0
        names = history.query("SELECT subject FROM subjects")["subject"]
        return history.history_of(str(name) for name in names)


def said(facts: list[Fact]) -> list[tuple[str, str, str, Any]]:
    return [(f.subject, format_instant(f.time_us), f.name, f.properties) for f in facts]


def test_retailrocket_transactions_are_orders_without_revenue(tmp_path: Path) -> None:
    assert said(facts_of("retailrocket", tmp_path)) == [
        ("257597", "2015-06-02T05:02:12.117Z", "Product Viewed", {"product_id": "355908"}),
        (
            "599528",
            "2015-06-02T05:17:56.276Z",
            "Order Completed",
            {"order_id": "4000", "products": [{"product_id": "356475"}, {"product_id": "15335"}]},
        ),
        ("992329", "2015-06-02T05:50:14.164Z", "Product Added", {"product_id": "248676"}),
    ]


def test_taobao_behaviours_have_the_names_of_commerce(tmp_path: Path) -> None:
    facts = facts_of("taobao", tmp_path)
    assert [fact.name for fact in facts] == [
        "Product Viewed",
        "Product Added",
        "Product Added to Wishlist",
        "Order Completed",
    ]
    assert facts[0].properties == {"product_id": "2268318", "category": "2520377"}
    assert format_instant(facts[0].time_us) == "2017-11-24T17:21:10Z"


def test_yoochoose_purchases_of_a_session_are_one_order(tmp_path: Path) -> None:
    whole, unpriced = facts_of("yoochoose", tmp_path)
    assert whole.properties["revenue"] == (12462 + 2 * 10471) * 10**6
    assert [line["product_id"] for line in whole.properties["products"]] == [
        "214537888",
        "214537850",
    ]
    assert unpriced.properties == {
        "order_id": "420375",
        "products": [{"product_id": "214537850"}],
    }


def test_yoochoose_clicks_are_told_from_purchases_by_their_columns(tmp_path: Path) -> None:
    assert said(facts_of("yoochoose clicks", tmp_path)) == [
        (
            "1",
            "2014-04-07T10:51:09.277Z",
            "Product Viewed",
            {"product_id": "214536502", "category": "0"},
        )
    ]
