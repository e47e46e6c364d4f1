"""The Playground but for chat: images, speech, transcription, reranking, embeddings, load test (J61 to J66)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, Playwright, expect

from tests.journeys.browser import FLAGS, Visits, accessible, chromium
from tests.journeys.configurations import fake
from tests.journeys.swap import Swap
from tests.journeys.test_screens import settled
from tests.journeys.upstream.media import wav
from tests.support.engine import ALICE, BOB, EMBED, RERANK, needs_engine
from tests.support.live import eventually

PAINTS = {"in": ["text", "image"], "out": ["image"]}
SPEAKS = {"in": ["text"], "out": ["audio"]}
LISTENS = {"in": ["audio"], "out": ["text"]}
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def module_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swap]:
    """Models for everything, the chatty ones on a real llama.cpp."""
    folder = tmp_path_factory.mktemp("studio")
    models = {
        "painter": fake(folder, "painter", capabilities=PAINTS),
        "speaker": fake(folder, "speaker", capabilities=SPEAKS),
        "writer": fake(folder, "writer", capabilities=LISTENS),
        "crowd": fake(folder, "crowd", concurrencyLimit=64),
    }
    with Swap(folder, {"models": models}, engine=True) as server:
        yield server


@pytest.fixture
def studio(module_studio: Swap) -> Swap:
    """That server at rest."""
    module_studio.rest()
    return module_studio


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """An audio file."""
    file = tmp_path / "tone.wav"
    file.write_bytes(wav())
    return file


def choose(page: Page, model: str) -> None:
    """Choose a model as one does with a keyboard: type a part of its name, and Enter."""
    box = page.get_by_role("combobox", name="Model", exact=True)
    box.click()
    box.fill(model)
    expect(page.get_by_role("option", name=re.compile(re.escape(model))).first).to_be_visible()
    box.press("Enter")


def last_body(swap: Swap, model: str) -> dict[str, object]:
    """What the model was asked last."""
    found: dict[str, object] = swap.seen(model)["requests"][-1]["body"]
    return found


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def test_the_choice_of_a_model(studio: Swap, visit: Visits) -> None:
    """Groups stand in their order; typing narrows them; the choice is remembered, and one that is gone is marked."""
    studio.ask("PUT", "/api/profiles/active", {"name": "coding"})
    page = visit(studio, "#/playground/images")
    box = page.get_by_role("combobox", name="Model", exact=True)
    box.click()
    groups = page.get_by_role("listbox").get_by_role("group")
    expect(groups).to_have_count(5)
    for at, name in enumerate(("Names of the profile coding", "Made for this", "Selectors", "Other models", "Peers")):
        expect(groups.nth(at)).to_have_accessible_name(name)
    expect(groups.nth(0)).to_contain_text("→ alpha")
    expect(groups.nth(1).get_by_role("option")).to_have_text(re.compile("painter"))
    expect(groups.nth(3).get_by_role("option", name=re.compile("alpha-fast"))).to_be_visible()
    accessible(page)
    visit.shot(page, "open")
    box.fill("omega")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    box.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    choose(page, "zed")
    expect(box).to_have_value("p1/zed")
    page.reload()
    expect(box).to_have_value("p1/zed")
    page.evaluate("localStorage.setItem('llamaswap.v1.playground.models', JSON.stringify({images: 'was-there'}))")
    page.reload()
    expect(page.get_by_text("does not list “was-there” any more")).to_be_visible()
    accessible(page)


def test_tabs_have_addresses_and_go_on_elsewhere(studio: Swap, visit: Visits) -> None:
    """A tab is a link; what runs in it goes on, and the sidebar says that something runs."""
    page = visit(studio, "#/playground/images")
    choose(page, "painter")
    page.get_by_label("Prompt", exact=True).fill(studio.play("quite-slow", before=6.0))
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("navigation", name="What to try").get_by_role("link", name="Rerank").click()
    expect(page).to_have_url(re.compile("#/playground/rerank$"))
    page.get_by_role("link", name=re.compile("^Activity")).click()
    entry = page.get_by_role("navigation", name="Pages").get_by_role("link", name=re.compile("^Playground"))
    expect(entry).to_contain_text("Something is running there")
    visit.shot(page, "busy")
    expect(entry).not_to_contain_text("Something is running there")
    entry.click()
    expect(page).to_have_url(re.compile("#/playground$"))
    page.get_by_role("link", name="Images").click()
    expect(page.get_by_role("button", name=re.compile("^Show full screen"))).to_be_visible()


def test_j61_images(studio: Swap, visit: Visits) -> None:
    """OpenAI's API draws; full screen opens and Escape closes; the download is the picture; Cancel ends it."""
    page = visit(studio, "#/playground/images")
    choose(page, "painter")
    page.get_by_label("Prompt", exact=True).fill("a lighthouse at dusk")
    page.get_by_label("Size").select_option("512x512")
    visit.shot(page, "empty")
    page.get_by_label("Prompt", exact=True).press("Enter")
    picture = page.get_by_role("button", name="Show full screen: a lighthouse at dusk")
    expect(picture).to_be_visible()
    assert last_body(studio, "painter") == {
        "model": "painter",
        "prompt": "a lighthouse at dusk",
        "n": 1,
        "size": "512x512",
    }
    assert re.fullmatch("lspg-[a-z0-9]{5}", studio.seen("painter")["requests"][-1]["headers"]["X-Session-ID"])
    visit.shot(page, "drawn")
    picture.click()
    dialog = page.get_by_role("dialog", name="Image")
    expect(dialog.get_by_role("img")).to_be_visible()
    visit.shot(page, "full-screen")
    accessible(page)
    with page.expect_download() as downloading:
        dialog.get_by_role("button", name="Download").click()
    assert downloading.value.suggested_filename.endswith(".png")
    assert content(downloading.value).startswith(b"\x89PNG")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(picture).to_be_focused()
    page.get_by_label("Prompt", exact=True).fill(studio.play("slow", before=60.0))
    page.get_by_role("button", name="Generate").click()
    for _ in eventually():
        if len(studio.seen("painter")["requests"]) == 2:
            break
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    for _ in eventually():
        if not studio.ask("GET", "/api/metrics/activity?limit=1").json()["data"][0]["resp_status_code"] == 200:
            break
    accessible(page)


def test_j61_stable_diffusion(studio: Swap, visit: Visits) -> None:
    """All fields are sent, a LoRA with its weight; several pictures appear; an error is shown with its status."""
    page = visit(studio, "#/playground/images", dark=True)
    choose(page, "painter")
    page.get_by_label("API").select_option("sdapi")
    page.get_by_label("Prompt", exact=True).fill("a harbour")
    page.get_by_label("Negative prompt").fill("fog")
    page.get_by_label("Number of images").fill("3")
    page.get_by_label("Sampler").select_option("euler_a")
    page.get_by_role("button", name="Load the list").click()
    page.get_by_label("Add a LoRA").select_option("pencil")
    page.get_by_label("Weight of pencil").fill("0.6")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("button", name="Show full screen: a harbour")).to_have_count(3)
    body = last_body(studio, "painter")
    assert body["lora"] == [{"path": "/loras/pencil", "multiplier": 0.6}]
    assert (body["batch_size"], body["sampler_name"], body["negative_prompt"]) == (3, "euler_a", "fog")
    visit.shot(page, "drawn", full=True)
    accessible(page)
    visit.allow("400 \\(Bad Request\\)")
    page.get_by_label("Prompt", exact=True).fill("play refuse")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("alert")).to_contain_text("Status 400")
    expect(page.get_by_role("alert")).to_contain_text("the prompt is too long for this model")
    visit.shot(page, "refused")


def test_j62_speech(studio: Swap, visit: Visits) -> None:
    """A text is spoken, plays, and is saved by what it is; voices are the model's, and a failure takes none away."""
    page = visit(studio, "#/playground/speech")
    choose(page, "speaker")
    page.get_by_role("button", name="Load the voices").click()
    voice = page.get_by_label("Voice", exact=False).first
    expect(page.get_by_text("3 voices of this model")).to_be_visible()
    voice.select_option("grace")
    page.get_by_label("Text", exact=True).fill("Good morning.")
    page.get_by_label("Format").select_option("mp3")
    page.get_by_role("button", name="Speak", exact=True).click()
    player = page.locator("audio")
    expect(player).to_have_count(1)
    for _ in eventually():
        if player.evaluate("audio => audio.duration") == pytest.approx(0.5, abs=0.1):
            break
    assert last_body(studio, "speaker") == {
        "model": "speaker",
        "input": "Good morning.",
        "voice": "grace",
        "response_format": "mp3",
    }
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download").click()
    assert re.fullmatch(r"grace-\d+\.wav", downloading.value.suggested_filename)
    assert content(downloading.value).startswith(b"RIFF")
    visit.shot(page, "spoken")
    accessible(page)
    visit.allow("500 \\(Internal")
    studio.play("voices", status=500, error="no voices today")
    page.get_by_role("button", name="Load the voices").click()
    expect(page.get_by_role("alert")).to_contain_text("no voices today")
    expect(voice.locator("option")).to_have_text(["the model's own", "ada", "grace", "joan"])
    (studio.folder / "scripts" / "voices.json").unlink()
    visit.shot(page, "voices-failed")


def test_j63_transcription(studio: Swap, visit: Visits, recording: Path, tmp_path: Path) -> None:
    """A file that is chosen or dropped becomes text that can be copied; what is no audio is refused with a reason."""
    page = visit(studio, "#/playground/transcription", permissions=["clipboard-read", "clipboard-write"])
    choose(page, "writer")
    visit.shot(page, "empty")
    notes = tmp_path / "notes.txt"
    notes.write_text("no audio")
    page.get_by_label("Choose a file").first.set_input_files(notes)
    expect(page.get_by_role("alert")).to_contain_text("“notes.txt” is not an audio file. Take one of these: mp3, wav")
    page.get_by_label("Choose a file").first.set_input_files(recording)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Transcribe").click()
    text = "A tone of half a second, and nothing else."
    expect(page.get_by_text(text)).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied!")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == text
    visit.shot(page, "written")
    accessible(page)
    page.get_by_role("button", name="Remove the file").click()
    drop(page, page.get_by_role("group", name="Audio"), recording)
    expect(page.get_by_text("dropped.wav")).to_be_visible()
    page.get_by_role("button", name="Transcribe").click()
    for _ in eventually():
        if len(studio.seen("writer")["requests"]) == 2:
            break


def drop(page: Page, target: Locator, file: Path) -> None:
    """Drop a file there."""
    transfer = page.evaluate_handle(
        """bytes => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.wav", { type: "audio/wav" }));
          return transfer;
        }""",
        list(file.read_bytes()),
    )
    target.dispatch_event("drop", {"dataTransfer": transfer})


@pytest.fixture
def hearing(playwright: Playwright, request: pytest.FixtureRequest) -> Iterator[Visits]:
    """A browser with a microphone, which hears beeps."""
    browser: Browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *MICROPHONE])
    visits = Visits(browser, request.node.name)
    yield visits
    complaints = visits.close()
    browser.close()
    assert not complaints, "\n".join(complaints)


def test_j63_the_microphone(studio: Swap, hearing: Visits) -> None:
    """What is recorded is taken as the file."""
    page = hearing(studio, "#/playground/transcription", permissions=["microphone"])
    choose(page, "writer")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text("Recording", exact=True)).to_be_visible()
    hearing.shot(page, "recording")
    expect(page.locator(".play-elapsed")).to_have_text(re.compile(r"^\d:\d\d(?<!0:00)$"))
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_text("recording.webm")).to_be_visible()
    page.get_by_role("button", name="Transcribe").click()
    expect(page.get_by_text("A tone of half a second, and nothing else.")).to_be_visible()


def test_two_tabs_of_a_browser_do_not_disturb_each_other(studio: Swap, visit: Visits) -> None:
    """What is tried, with which model, is each tab's own; where one was last is where the next one begins."""
    context = visit.context()
    one, other = context.new_page(), context.new_page()
    for page in (one, other):
        page.goto(f"{studio.url}/ui/#/playground")
        expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    choose(one, ALICE)
    other.get_by_role("navigation", name="What to try").get_by_role("link", name="Rerank").click()
    expect(other.get_by_role("button", name="Rerank", exact=True)).to_be_visible()
    choose(other, RERANK)
    other.get_by_role("button", name="JSON").click()
    third = context.new_page()
    third.goto(f"{studio.url}/ui/#/playground")
    expect(third.get_by_label("Query and documents as JSON")).to_have_value(re.compile('"documents"'))
    expect(third.get_by_role("combobox", name="Model", exact=True)).to_have_value(RERANK)
    expect(one.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    expect(one.get_by_role("combobox", name="Model", exact=True)).to_have_value(ALICE)


@pytest.mark.engine
@needs_engine[1]
def test_j64_rerank(studio: Swap, visit: Visits) -> None:
    """Scores land on the right documents in each order and in JSON; invalid JSON is reported where it stands."""
    page = visit(studio, "#/playground/rerank")
    choose(page, RERANK)
    page.get_by_role("button", name="Rerank", exact=True).click()
    expect(page.get_by_text("9 documents have a score.")).to_be_visible(timeout=60_000)
    documents = page.locator(".play-document textarea")
    texts = [documents.nth(at).input_value() for at in range(9)]
    scores = dict(zip(texts, numbers(page), strict=True))
    assert numbers(page) == sorted(numbers(page), reverse=True)
    own = studio.ask(
        "POST", "/v1/rerank", {"model": RERANK, "query": page.get_by_label("Query").input_value(), "documents": texts}
    ).json()
    for result in own["results"]:
        assert scores[texts[result["index"]]] == pytest.approx(result["relevance_score"], abs=0.02)
    visit.shot(page, "best-first")
    accessible(page)
    page.get_by_role("button", name=re.compile("^Score")).click()
    expect(page.get_by_role("columnheader", name=re.compile("^Score"))).to_have_attribute("aria-sort", "ascending")
    assert numbers(page) == sorted(numbers(page))
    assert {documents.nth(at).input_value(): score for at, score in enumerate(numbers(page))} == scores
    page.get_by_role("button", name="JSON").click()
    editor = page.get_by_label("Query and documents as JSON")
    expect(editor).to_have_value(re.compile('"documents"'))
    page.reload()
    expect(editor).to_have_value(re.compile('"documents"'))
    visit.shot(page, "json")
    editor.fill('{"query": "bread", "documents": ["fresh", 2]}')
    page.get_by_role("button", name="Rerank", exact=True).click()
    expect(page.get_by_text("Document 2 must be a text.")).to_be_visible()
    expect(editor).to_have_attribute("aria-invalid", "true")
    visit.shot(page, "invalid")
    editor.fill('{"query": "bread", "documents": ["fresh", "stale"]}')
    page.get_by_role("button", name="Rerank", exact=True).click()
    expect(page.get_by_text("2 documents have a score.")).to_be_visible()
    page.get_by_role("button", name="Table").click()
    expect(documents).to_have_count(3)


def numbers(page: Page) -> list[float]:
    """The scores as they stand in the table."""
    return [float(text) for text in page.locator(".play-score .play-score-number").all_inner_texts()]


@pytest.mark.engine
@needs_engine[1]
def test_j66_embeddings(studio: Swap, visit: Visits) -> None:
    """Two texts give the dimension, norms and how similar they are."""
    page = visit(studio, "#/playground/embeddings")
    choose(page, EMBED)
    page.get_by_label("Text 1", exact=True).fill("the cat sat on the mat")
    page.get_by_label("Text 2", exact=True).fill("the cat sat on the mat")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Text 1 and text 2 are closest: 1.0000.")).to_be_visible(timeout=60_000)
    own = studio.ask("POST", "/v1/embeddings", {"model": EMBED, "input": "the cat sat on the mat"}).json()
    vector = own["data"][0]["embedding"]
    expect(page.locator(".figure", has_text="Dimension").locator(".figure-value")).to_have_text(str(len(vector)))
    vectors = page.get_by_role("region", name="Vectors")
    expect(vectors.get_by_role("row").nth(1)).to_contain_text(f"{sum(x * x for x in vector) ** 0.5:.4f}")
    page.get_by_role("button", name="Add a text").click()
    page.get_by_label("Text 3", exact=True).fill("ships sail over the sea")
    page.get_by_role("button", name="Compare").click()
    matrix = page.get_by_role("region", name="Cosine similarity")
    expect(matrix.get_by_role("row")).to_have_count(4)
    expect(matrix.get_by_role("row").nth(1).get_by_role("cell").first).to_have_text("1.0000")
    visit.shot(page, "compared")
    accessible(page)


@pytest.mark.engine
@needs_engine[1]
def test_j65_load_test(studio: Swap, visit: Visits) -> None:
    """Six requests to real models run side by side; figures and files come of it."""
    page = visit(studio, "#/playground/load-test")
    visit.shot(page, "empty")
    for model in (ALICE, BOB):
        choose(page, model)
        page.get_by_label(f"How many times {model} is asked").fill("3")
        page.keyboard.press("Tab")
    page.get_by_label("Most tokens").fill("64")
    expect(page.get_by_text("6 requests", exact=True)).to_be_visible()
    page.get_by_role("button", name="Start").click()
    bars = page.locator(".play-bar-row")
    expect(bars).to_have_count(6)
    visit.shot(page, "running", full=True)
    expect(page.get_by_role("button", name="Start")).to_be_enabled(timeout=60_000)
    expect(bars.locator("[title^='loading ']").first).to_be_attached()
    expect(bars.first).to_have_accessible_name(re.compile(r"^Request 1 to tiny-alice: done"))
    expect(page.get_by_text("6 of 6 wanted were under way at a time")).to_be_visible()
    table = page.get_by_role("region", name="Results")
    expect(table.get_by_role("row")).to_have_count(4)
    expect(table.get_by_role("row", name=re.compile("^All"))).to_contain_text(re.compile(r"\d+\.\d"))
    visit.shot(page, "done", full=True)
    accessible(page)
    rows = studio.ask("GET", "/api/metrics/activity?limit=6").json()["data"]
    assert sorted(row["model"] for row in rows) == [ALICE] * 3 + [BOB] * 3
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export as CSV").click()
    rows = list(csv.DictReader(content(downloading.value).decode().splitlines()))
    assert [(row["model"], row["state"]) for row in rows] == [(ALICE, "done")] * 3 + [(BOB, "done")] * 3
    assert all(0 < int(row["tokens"]) <= 64 for row in rows)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Export as JSON").click()
    assert len(json.loads(content(downloading.value))["requests"]) == 6


def test_j65_concurrency_is_what_was_asked_for(studio: Swap, visit: Visits) -> None:
    """Sixteen at a time are sixteen, though a browser keeps six connections; Stop ends all; cards change places."""
    studio.load("crowd")
    page = visit(studio, "#/playground/load-test")
    choose(page, "crowd")
    page.get_by_label("How many times crowd is asked").fill("20")
    page.get_by_label("At a time").fill("16")
    page.get_by_label("Prompt", exact=True).fill("play long")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".play-bar-row", has=page.locator(".bar-content"))).to_have_count(16)
    before = studio.seen("crowd")
    assert len([each for each in before["requests"] if each["body"].get("stream")]) == 16
    visit.shot(page, "running")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    expect(page.locator(".play-bar-row", has_text="stopped")).to_have_count(20)
    for _ in eventually():
        if studio.seen("crowd")["hangups"] - before["hangups"] == 16:
            break
    first = page.locator(".play-card h3")
    expect(first.first).to_have_text(re.compile("^1 "))
    later = page.get_by_role("button", name="Move request 1 to the back")
    later.focus()
    page.keyboard.press("Enter")
    expect(first.first).to_have_text(re.compile("^2 "))
    expect(page.get_by_text("Request 1 is now number 2.")).to_be_attached()
    expect(later).to_be_focused()
    page.set_viewport_size({"width": 1280, "height": 1600})
    target = page.locator(".play-card").nth(2)
    target.scroll_into_view_if_needed()
    page.locator(".play-card .play-grip").first.hover()
    page.mouse.down()
    target.hover()
    target.hover()
    page.mouse.up()
    expect(first.nth(2)).to_have_text(re.compile("^2 "))
    visit.shot(page, "stopped", full=True)


def test_on_a_phone(studio: Swap, visit: Visits) -> None:
    """Every tab fits on a small screen."""
    page = visit(studio, "#/playground", phone=True)
    for tab in ("images", "speech", "transcription", "rerank", "embeddings", "load-test"):
        settled(page, f"#/playground/{tab}")
        expect(page.get_by_role("combobox", name="Model", exact=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, tab
        visit.shot(page, tab, full=True)
        accessible(page)
