"""The parts that come when a page needs them: video, Adobe, Tealium, and what is seen of it all."""

from __future__ import annotations

import base64
import io
import wave

from tests.front.watching import Watching, until


def sound(seconds: float) -> str:
    """An address of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 1, 8000, 0, "NONE", ""))
        written.writeframes(b"\x80" * int(8000 * seconds))
    return "data:audio/wav;base64," + base64.b64encode(file.getvalue()).decode()


def loaded(visit: Watching) -> set[str]:
    """The parts of the library that the page asked for."""
    paths = [one.path for one in visit.network.seen if one.path.startswith("/tailorbird/")]
    return {path.removeprefix("/tailorbird/").partition("-")[0] for path in paths}


def test_a_page_without_any_of_them_loads_only_what_it_needs(visit: Watching) -> None:
    visit.open()
    until(lambda: "actions" in loaded(visit))
    assert loaded(visit) == {"actions"}
    visit.open(forms="off", downloads="off", social="off")
    visit.until_sent("page", 2)
    assert len([one for one in visit.network.seen if "/actions-" in one.path]) <= 1


def test_a_film_is_followed_from_its_beginning_to_its_end(visit: Watching) -> None:
    page = visit.open(f'<audio id="talk" title="A talk" src="{sound(30)}"></audio>')
    page.evaluate("document.getElementById('talk').play()")
    visit.until_sent("Video Playback Started")
    page.evaluate("document.getElementById('talk').pause()")
    visit.until_sent("Video Playback Paused")
    page.evaluate("document.getElementById('talk').playbackRate = 16")
    page.evaluate("document.getElementById('talk').play()")
    visit.until_sent("Video Playback Resumed")
    visit.until_sent("Video Playback Completed")
    visit.until_told()
    facts = [fact for fact in reversed(visit.stored()) if fact["name"].startswith("Video")]
    assert facts[0]["name"] == "Video Playback Started"
    assert facts[-1]["name"] == "Video Playback Completed"
    steps = [f["properties"]["percent"] for f in facts if f["name"] == "Video Content Playing"]
    assert sorted(steps) == [25, 50, 75]
    about = facts[0]["properties"]
    assert (about["title"], about["id"], about["kind"], about["total_length"]) == (
        "A talk", "talk", "audio", 30,
    )  # fmt: skip
    assert "url" not in about


def test_what_a_page_tells_adobe_is_stored(visit: Watching) -> None:
    visit.open(
        head="<script>window.adobeDataLayer = window.adobeDataLayer || [];"
        "adobeDataLayer.push({event: 'cmp:show', eventInfo: {path: 'x'}});"
        "window._satellite = {calls: [], track(name, detail) { this.calls.push(name) }};</script>"
    )
    visit.until_sent("cmp:show")
    visit.run("adobeDataLayer.push({event: 'card-flip', product: {sku: 'p1'}}, {page: 1})")
    visit.run("adobeDataLayer.push((layer) => layer); _satellite.track('step-done', {step: 2})")
    visit.until_sent("step-done")
    visit.until_told()
    facts = {fact["name"]: fact["properties"] for fact in visit.stored()}
    assert facts["cmp:show"] == {"path": "x"}
    assert facts["card-flip"] == {"product": {"sku": "p1"}}
    assert facts["step-done"] == {"step": 2}
    assert visit.run("_satellite.calls") == ["step-done"], "Adobe's own tags hear of it too"


def test_what_a_page_tells_tealium_is_stored(visit: Watching) -> None:
    visit.open(
        head="<script>window.utag = {calls: [], link(data) { this.calls.push(data) },"
        " view(data) { this.calls.push(data) }};</script>"
    )
    until(lambda: visit.run("/sink|track|own|try/.test(String(utag.link)) || utag.link.length < 1"))
    visit.run("utag.link({tealium_event: 'panel_open', product_id: ['p1'], tealium_account: 'a'})")
    visit.run("utag.view({tealium_event: 'panel_view', product_name: 'Shoe'})")
    visit.run("utag.view({tealium_event: 'page_view', page_name: 'Home'})")
    visit.until_sent("Page Described")
    visit.until_told()
    facts = {fact["name"]: fact["properties"] for fact in visit.stored()}
    assert facts["panel_open"] == {"tealium_event": "panel_open", "product_id": ["p1"]}
    assert facts["panel_view"]["product_name"] == "Shoe"
    assert facts["Page Described"]["page_name"] == "Home"
    assert len(visit.run("utag.calls")) == 3


def test_the_overlay_shows_what_is_sent_and_what_became_of_it(visit: Watching) -> None:
    page = visit.open(query="?tb_debug=1")
    shown = "document.getElementById('tailorbird-debug')?.shadowRoot.textContent ?? ''"
    until(lambda: "page" in str(visit.run(shown)).lower())
    visit.run("tailorbird.track('Looked at', {n: 1}); tailorbird.track('$wrong')")
    until(lambda: "names with $ are reserved" in str(visit.run(shown)))
    text = visit.run(shown)
    assert "sent Looked at" in text and '"n": 1' in text
    page.evaluate("document.querySelector('#tailorbird-debug').shadowRoot"
                  ".querySelector('button').click()")  # fmt: skip
    assert visit.run("document.getElementById('tailorbird-debug')") is None
    visit.run("tailorbird.debug()")
    until(lambda: "Looked at" in str(visit.run(shown)))
