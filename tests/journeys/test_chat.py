"""The Playground's chat (J49, J52 to J59)."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from tests.journeys.browser import Visits, accessible
from tests.journeys.chatting import CHAT, answers, asked, complete, field, kept, say
from tests.journeys.swap import Swap
from tests.journeys.upstream.media import png
from tests.support.live import eventually

PICTURE = png(64, 64)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swap]:
    """A server with the models of the demo, on a real llama.cpp."""
    with Swap(tmp_path_factory.mktemp("engine"), engine=True, rows=0) as server:
        yield server


def test_j49_a_stopped_model_is_loaded_and_answers(swap: Swap, visit: Visits) -> None:
    """Loading is visible, the answer streams, and the input has the focus at the end."""
    prompt = swap.play("slow", text="It takes a while to say all of this in small pieces.", pause=0.5)
    page = visit(swap, "#/playground/chat?model=beta")
    say(page, prompt)
    expect(page.get_by_text("Loading beta …")).to_be_visible()
    visit.shot(page, "loading")
    expect(answers(page)).to_contain_text("It takes")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    complete(page)
    expect(answers(page)).to_contain_text("in small pieces.")
    expect(field(page)).to_be_focused()
    sent = swap.seen("beta")["requests"][-1]
    assert re.fullmatch(r"lspg-[a-z0-9]{5}", {k.lower(): v for k, v in sent["headers"].items()}["x-session-id"])
    swap.ask("POST", "/api/models/unload/beta")
    say(page, "play hello")
    expect(page.get_by_text(re.compile(r"^about \d s$"))).to_be_visible()


def test_j49_a_first_visitor_has_a_model_already(engine: Swap, visit: Visits) -> None:
    """An input, a model, and a real engine that answers, without any choice before."""
    engine.rest()
    page = visit(engine, "#/playground/chat")
    expect(page.get_by_role("combobox", name="Model")).not_to_have_value("")
    say(page, "Tell me something.")
    complete(page)
    expect(answers(page).locator(".md")).not_to_be_empty()
    expect(page.get_by_role("list", name="Statistics of the answer")).to_contain_text("writing")


def test_j52_reasoning(swap: Swap, visit: Visits) -> None:
    """Its length and time are shown, and it opens; think tags inside the content are no different."""
    page = visit(swap, CHAT)
    say(page, "play think")
    complete(page)
    block = answers(page).locator("details")
    expect(block).to_contain_text(
        re.compile(r"Reasoning\s*34 characters\s*\d+ ms|Reasoning\s*34 characters\s*[\d.]+ s")
    )
    expect(block.locator("pre")).to_have_count(0)
    block.locator("summary").click()
    expect(block.locator("pre")).to_have_text("First I think. Then I think again.")
    visit.shot(page, "open")
    say(page, swap.play("tags", text="<think>Hm, tags.</think>\n\nHere it is.", piece=2, pause=0.3))
    expect(answers(page).nth(1).locator("summary")).to_contain_text("Reasoning …")
    complete(page)
    second = answers(page).nth(1)
    expect(second.locator("summary")).to_contain_text("9 characters")
    expect(second.locator(".md")).to_have_text("Here it is.")
    sent = asked(swap)["messages"]
    assert [turn["role"] for turn in sent] == ["user", "assistant", "user"]
    assert sent[1]["content"] == "Here is what I thought.", "reasoning is not sent back"


def test_j53_cancelling_keeps_the_part(swap: Swap, visit: Visits) -> None:
    """The partial text stays, and the model's server sees that nobody reads any more."""
    page = visit(swap, CHAT)
    say(page, "play long")
    expect(answers(page)).to_contain_text("word word word")
    page.get_by_role("button", name="Stop").click()
    expect(answers(page).get_by_text("Stopped")).to_be_visible()
    expect(answers(page)).to_contain_text("word word")
    expect(field(page)).to_be_focused()
    for _ in eventually():
        if swap.seen("alpha")["hangups"] > 0:
            break
    page.reload()
    expect(answers(page)).to_contain_text("word word")


def test_j54_editing_and_asking_again(swap: Swap, visit: Visits) -> None:
    """Later turns go, another answer comes, and what was before can be reached."""
    for name in ("one", "two", "three", "four"):
        swap.play(name, text=f"Answer {name}.")
    page = visit(swap, CHAT)
    for name in ("one", "two", "three"):
        say(page, f"play {name}")
        expect(page.get_by_text(f"Answer {name}.")).to_be_visible()
        complete(page)
    first = page.get_by_role("article", name="You").first
    first.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Question").fill("play four")
    page.get_by_role("textbox", name="Question").press("Enter")
    expect(page.get_by_text("Answer four.")).to_be_visible()
    complete(page)
    expect(answers(page)).to_have_count(1)
    assert [turn["content"] for turn in asked(swap)["messages"]] == ["play four"]
    expect(first.get_by_role("group", name="Version 2 of 2")).to_be_visible()
    visit.shot(page, "edited")
    first.get_by_role("button", name="Previous version").click()
    expect(answers(page)).to_have_count(3)
    expect(page.get_by_text("Answer three.")).to_be_visible()
    answers(page).last.get_by_role("button", name="Answer again").click()
    expect(answers(page).last.get_by_role("group", name="Version 2 of 2")).to_be_visible()
    complete(page)
    assert [turn["content"] for turn in asked(swap)["messages"]][-1] == "play three"
    page.reload()
    expect(answers(page)).to_have_count(3)
    expect(answers(page).last.get_by_role("group", name="Version 2 of 2")).to_be_visible()


def test_j54_deleting_a_message_can_be_undone(swap: Swap, visit: Visits) -> None:
    """A deleted answer comes back with Undo; an answer can be gone on with."""
    page = visit(swap, CHAT)
    say(page, "play hello")
    complete(page)
    answers(page).get_by_role("button", name="More actions").click()
    page.get_by_role("group", name="More actions").get_by_role("button", name="Delete").click()
    expect(answers(page)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(answers(page)).to_have_count(1)
    answers(page).get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Go on").click()
    expect(answers(page).locator(".md")).to_have_text("Hello, this is a canned answer of nine words." * 2)
    complete(page)
    assert asked(swap)["messages"][-1]["role"] == "assistant"


def file(name: str, kind: str = "image/png", content: bytes = PICTURE) -> FilePayload:
    """A file to choose."""
    return {"name": name, "mimeType": kind, "buffer": content}


DROP = """([kind, name, data]) => {
  const files = new DataTransfer();
  files.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type: "image/png" }));
  const target = document.querySelector(".chat-composer textarea");
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true })
    : new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
}"""


def test_j55_attachments(swap: Swap, visit: Visits) -> None:
    """By picker, paste and drop; with previews, removal, limits and errors; the request has them; the blind warn."""
    page = visit(swap, CHAT)
    picker = page.locator("input[type=file][accept*='image/png']")
    files = page.get_by_role("form").or_(page.locator("form.chat-composer")).get_by_role("list", name="Attached files")
    picker.set_input_files([file("one.png"), file("two.png")])
    expect(files.get_by_role("img")).to_have_count(2)
    data = b64encode(png(8, 8)).decode()
    page.evaluate(DROP, ["paste", "three.png", data])
    page.evaluate(DROP, ["drop", "four.png", data])
    expect(files.get_by_role("img")).to_have_count(4)
    visit.shot(page, "attached")
    files.get_by_role("button", name="Remove two.png").click()
    expect(files.get_by_role("img")).to_have_count(3)
    picker.set_input_files([file("movie.mp4", "video/mp4", b"x")])
    expect(page.get_by_text("movie.mp4 was not attached: only JPEG")).to_be_visible()
    picker.set_input_files([file("five.png"), file("six.png"), file("seven.png")])
    expect(page.get_by_text("seven.png was not attached: at most five files")).to_be_visible()
    expect(files.get_by_role("img")).to_have_count(5)
    say(page, "play hello")
    complete(page)
    content = asked(swap)["messages"][-1]["content"]
    assert [part["type"] for part in content] == ["text", *["image_url"] * 5]
    assert content[1]["image_url"]["url"].startswith("data:image/png;base64,")
    expect(page.get_by_text("does not say that it can see")).to_have_count(0)
    page.get_by_role("button", name="one.png").click()
    expect(page.get_by_role("dialog", name="one.png")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"{swap.url}/ui/#/playground/chat?model=beta")
    expect(answers(page)).to_have_count(0)
    picker.set_input_files([file("one.png")])
    expect(page.get_by_text("beta does not say that it can see pictures")).to_be_visible()
    visit.shot(page, "blind")


def test_j55_a_text_file_is_sent_as_text(swap: Swap, visit: Visits) -> None:
    """In a fence, in front of the question."""
    page = visit(swap, CHAT)
    picker = page.locator("input[type=file][accept*='image/png']")
    picker.set_input_files([file("notes.md", "text/markdown", b"# Notes\n")])
    expect(page.get_by_role("list", name="Attached files")).to_contain_text("notes.md")
    say(page, "What is this?")
    complete(page)
    assert asked(swap)["messages"][-1]["content"] == "notes.md:\n```\n# Notes\n```\n\nWhat is this?"


@pytest.mark.parametrize(
    ("endpoint", "path", "turns"),
    [
        ("Chat completions (OpenAI)", "/v1/chat/completions", "messages"),
        ("Messages (Anthropic)", "/v1/messages", "messages"),
        ("Responses (OpenAI)", "/v1/responses", "input"),
    ],
)
def test_j56_three_protocols(swap: Swap, visit: Visits, endpoint: str, path: str, turns: str) -> None:
    """The same conversation by each; errors inside the stream are shown, and are not sent back."""
    page = visit(swap, CHAT)
    page.get_by_role("button", name="Settings of the chat").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Endpoint").select_option(endpoint)
    dialog.get_by_label("System prompt").fill("Be brief.")
    dialog.get_by_label("Temperature").fill("0.2")
    if path == "/v1/messages":
        visit.shot(page, "settings")
        accessible(page)
    dialog.get_by_role("button", name="Done").click()
    say(page, "play think")
    complete(page)
    expect(answers(page).locator(".md")).to_have_text("Here is what I thought.")
    expect(answers(page).locator("summary")).to_contain_text("34 characters")
    expect(page.get_by_role("list", name="Statistics of the answer")).to_contain_text("3 cached")
    say(page, "play error")
    expect(answers(page).nth(1).get_by_role("alert")).to_contain_text("the model has lost its thread")
    expect(answers(page).nth(1).locator(".md")).to_have_text("It begins well")
    visit.shot(page, "failed")
    say(page, "play tools")
    complete(page)
    expect(answers(page).nth(2)).to_contain_text("Calls weather")
    expect(answers(page).nth(2).locator("figure")).to_contain_text("Bergen")
    seen = swap.seen("alpha")["requests"][-1]
    assert seen["path"] == path
    assert "lost its thread" not in json.dumps(seen["body"])
    assert "Be brief." in json.dumps(seen["body"])
    assert seen["body"]["temperature"] == 0.2
    assert [turn["role"] for turn in seen["body"][turns] if turn["role"] != "system"] == ["user", "assistant"] * 2 + [
        "user"
    ]


def test_j56_refusals_and_cut_streams(swap: Swap, visit: Visits) -> None:
    """A refusal shows the engine's words; a stream without an end is no success."""
    visit.allow("400", "500", "502", r"ERR_")
    page = visit(swap, CHAT)
    say(page, "play refuse")
    alert = answers(page).get_by_role("alert")
    expect(alert).to_contain_text("the prompt is too long for this model")
    alert.get_by_role("button", name="Retry").click()
    expect(answers(page).get_by_role("group", name="Version 2 of 2")).to_be_visible()
    page.get_by_role("button", name="New chat").click()
    say(page, swap.play("broken", text="It begins well and", cut=True, pause=0.2))
    expect(answers(page).get_by_role("alert")).to_be_visible()
    expect(answers(page).locator(".md")).to_have_text("It begins well and")


def test_j57_statistics(swap: Swap, visit: Visits) -> None:
    """Tokens of the prompt, generated and cached, both speeds, time to the first token, why it ended, the context."""
    page = visit(swap, CHAT)
    say(page, "play hello")
    complete(page)
    figures = page.get_by_role("list", name="Statistics of the answer")
    for text in (
        "5 prompt",
        "3 cached",
        "9 generated",
        "500.00 t/s reading",
        "50.00 t/s writing",
        "to the first token",
        "ended by: stop",
    ):
        expect(figures).to_contain_text(text)
    expect(figures).to_contain_text("14 of 8K context")
    assert asked(swap)["stream_options"] == {"include_usage": True}
    say(page, "play length")
    expect(answers(page).nth(1)).to_contain_text("Cut at the limit of tokens")


def test_j57_statistics_of_a_real_engine(engine: Swap, visit: Visits) -> None:
    """llama.cpp tells its tokens and its speeds."""
    page = visit(engine, "#/playground/chat")
    expect(page.get_by_role("combobox", name="Model")).not_to_have_value("")
    page.get_by_role("button", name="Settings of the chat").click()
    page.get_by_role("dialog").get_by_label("Most tokens of an answer").fill("24")
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    say(page, "Tell me of the sea.")
    complete(page)
    figures = page.get_by_role("list", name="Statistics of the answer")
    expect(figures).to_contain_text(
        re.compile(r"\d+ prompt.*\d+ generated.*t/s reading.*t/s writing.*to the first token")
    )


COMPOSE = """(area) => {
  area.focus();
  area.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
  const key = { key: "Enter", code: "Enter", bubbles: true, cancelable: true };
  area.dispatchEvent(new KeyboardEvent("keydown", { ...key, isComposing: true }));
  area.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "日本" }));
  area.dispatchEvent(new KeyboardEvent("keydown", { ...key, keyCode: 229 }));
}"""


def test_j58_enter_that_ends_a_composition_sends_nothing(swap: Swap, visit: Visits) -> None:
    """What an input method commits with Enter stays in the field; Shift+Enter begins a line."""
    page = visit(swap, CHAT)
    field(page).fill("日本")
    field(page).evaluate(COMPOSE)
    field(page).press("Shift+Enter")
    expect(field(page)).to_have_value("日本\n")
    expect(answers(page)).to_have_count(0)
    field(page).press("Enter")
    complete(page)
    assert asked(swap)["messages"][-1]["content"] == "日本"


def test_j59_reload_and_navigation(swap: Swap, visit: Visits) -> None:
    """Conversation, settings and draft are back after a reload; an answer goes on while one looks elsewhere."""
    page = visit(swap, CHAT)
    page.get_by_role("button", name="Settings of the chat").click()
    page.get_by_role("dialog").get_by_label("Temperature").fill("1.5")
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    say(page, "play hello")
    complete(page)
    field(page).fill("a draft")
    for _ in eventually():
        if page.evaluate("Object.values(sessionStorage).includes('a draft')"):
            break
    page.reload()
    expect(answers(page)).to_contain_text("nine words")
    expect(field(page)).to_have_value("a draft")
    page.get_by_role("button", name="Settings of the chat").click()
    expect(page.get_by_role("dialog").get_by_label("Temperature")).to_have_value("1.5")
    page.keyboard.press("Escape")
    say(page, swap.play("going-on", text="one two three four five six seven eight nine ten.", pause=0.15))
    expect(answers(page).nth(1)).to_contain_text("one")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Models", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Models")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=re.compile("^Playground")).click()
    complete(page)
    expect(answers(page).nth(1)).to_contain_text("one two three four five six seven eight nine ten.")


def test_j59_reload_during_an_answer(swap: Swap, visit: Visits) -> None:
    """What has come of it stays, marked as stopped, and can be gone on with."""
    page = visit(swap, CHAT)
    say(page, swap.play("broken-off", text="one two three " + 300 * "and on ", pause=0.1))
    for _ in eventually():
        if any(text.startswith("one two") for text in kept(page)):
            break
    page.reload()
    expect(answers(page)).to_contain_text("one two")
    expect(answers(page)).to_contain_text("Stopped")
    expect(page.get_by_role("region", name="Conversation")).to_contain_text("play broken-off")
    answers(page).get_by_role("button", name="More actions").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()


def test_j59_tabs_do_not_undo_each_other(swap: Swap, visit: Visits) -> None:
    """Two tabs of one browser: what one says appears in the other, and nothing is lost."""
    context = visit.context()
    one, other = context.new_page(), context.new_page()
    for page in (one, other):
        page.goto(f"{swap.url}/ui/{CHAT}")
    say(one, "play hello")
    complete(one)
    conversations = other.get_by_role("complementary", name="Conversations")
    conversations.get_by_role("link", name="play hello").click()
    expect(answers(other)).to_have_count(1)
    say(other, "play think")
    complete(other)
    expect(answers(one)).to_have_count(2)
    one.reload()
    expect(answers(one)).to_have_count(2)


def test_conversations_are_found_renamed_deleted_and_carried(swap: Swap, visit: Visits, tmp_path: Path) -> None:
    """Search, rename, delete with undo, export, import."""
    page = visit(swap, CHAT)
    for name in ("hello", "think"):
        page.get_by_role("button", name="New chat").click()
        say(page, f"play {name}")
        complete(page)
    aside = page.get_by_role("complementary", name="Conversations")
    expect(aside.get_by_role("listitem")).to_have_count(2)
    aside.get_by_role("button", name="Actions for “play think”").click()
    page.get_by_role("group", name="Actions for “play think”").get_by_role("button", name="Rename").click()
    aside.get_by_role("textbox", name="Title of the conversation").fill("Deep thoughts")
    aside.get_by_role("textbox", name="Title of the conversation").press("Enter")
    aside.get_by_role("searchbox", name="Search conversations").fill("deep")
    expect(aside.get_by_role("listitem")).to_have_count(1)
    aside.get_by_role("searchbox", name="Search conversations").fill("")
    with page.expect_download() as saved:
        aside.get_by_role("button", name="Export all").click()
    file = tmp_path / "chats.json"
    saved.value.save_as(file)
    aside.get_by_role("button", name="Actions for “Deep thoughts”").click()
    page.get_by_role("group", name="Actions for “Deep thoughts”").get_by_role("button", name="Delete").click()
    expect(aside.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(aside.get_by_role("listitem")).to_have_count(2)
    aside.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("2 conversations were imported.")).to_be_visible()
    expect(aside.get_by_role("listitem")).to_have_count(4)
    aside.get_by_role("link", name="Deep thoughts").last.click()
    expect(answers(page).locator(".md")).to_have_text("Here is what I thought.")
    accessible(page)


def test_a_large_editor_and_a_command_line(swap: Swap, visit: Visits) -> None:
    """The expanded editor is a dialog on the same draft; a request can be had as a curl command, without a key."""
    page = visit(swap, CHAT, permissions=["clipboard-read", "clipboard-write"])
    field(page).fill("play")
    page.get_by_role("button", name="Write in a large editor").click()
    dialog = page.get_by_role("dialog", name="Message")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    dialog.get_by_role("textbox").press("End")
    dialog.get_by_role("textbox").press_sequentially(" hello")
    visit.shot(page, "editor")
    page.keyboard.press("Escape")
    expect(field(page)).to_have_value("play hello")
    page.get_by_role("button", name="Write in a large editor").click()
    dialog.get_by_role("button", name="Send").click()
    complete(page)
    answers(page).get_by_role("button", name="More actions").click()
    page.get_by_role("group", name="More actions").get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("The command is on the clipboard.")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command.startswith(f"curl -N {swap.url}/v1/chat/completions ")
    assert "play hello" in command
    assert "Authorization" not in command
