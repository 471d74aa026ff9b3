"""The page in a real browser: what was written is shown and never run, and what is pressed reaches the app."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.localslack import LocalSlack
from bot.slack.manifest import manifest

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
CHANNEL = "C0INCIDENT"
HOSTILE = "<script>window.ran = 1</script> <img src=x onerror='window.ran = 2'>"
ESCAPED = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
RUNS = "javascript:window.ran=3"


def plain(text):
    return {"type": "plain_text", "text": text}


def section(text):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


ALERT = [
    {"type": "header", "text": plain("🔴 Critical · Fairness")},
    section("*Only 28 %* of women are approved"),
    {"type": "actions", "block_id": "moves", "elements": [
        {"type": "button", "action_id": "acknowledge", "text": plain("Acknowledge"), "style": "primary"},
        {"type": "button", "action_id": "freeze", "text": plain("Freeze"), "style": "danger"},
    ]},
]  # fmt: skip
FREEZE = {
    "type": "modal",
    "callback_id": "freeze",
    "title": plain("Freeze the model"),
    "submit": plain("Freeze now"),
    "blocks": [
        {"type": "input", "block_id": "reason", "label": plain("Reason"),
         "element": {"type": "plain_text_input", "action_id": "reason", "multiline": True}},
    ],
}  # fmt: skip


def built(web):
    """Return an app that acknowledges in the message and freezes from a modal."""
    app = App(client=web, signing_secret="unused")
    app.sent = []

    @app.action("acknowledge")
    def acknowledge(ack, body, client):
        ack()
        at = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        client.chat_update(**at, text="taken", blocks=[section(f"<@{body['user']['id']}> has it")])

    @app.action("freeze")
    def freeze(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=FREEZE)

    @app.view("freeze")
    def frozen(ack, view):
        reason = view["state"]["values"]["reason"]["reason"]["value"]
        app.sent.append(reason)
        ack(response_action="errors", errors={"reason": "Say more."}) if len(reason) < 5 else ack()

    return app


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
        launched.close()


@pytest.fixture(scope="module")
def workspace() -> Iterator[SimpleNamespace]:
    with LocalSlack(manifest()) as slack:
        web = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        app = built(web)
        handler = SocketModeHandler(app, slack.app_token, web_client=web, ping_interval=1)
        handler.connect()
        yield SimpleNamespace(slack=slack, web=web, app=app)
        handler.close()


@pytest.fixture
def at(browser, workspace) -> Iterator[SimpleNamespace]:
    """A fresh workspace and a page that looks at its incidents; whatever the console complains of fails the test."""
    workspace.slack.reset()
    page = browser.new_page()
    page.set_default_timeout(5000)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    yield SimpleNamespace(page=page, web=workspace.web, app=workspace.app, url=workspace.slack.url)
    page.close()
    assert not complaints


def opened(at, user="oncall") -> Page:
    at.page.goto(f"{at.url}/?user={user}&channel=ethixai-incidents")
    expect(at.page.locator("body.is-ready")).to_be_attached()
    return at.page


def posted(at, blocks, **more):
    return at.web.chat_postMessage(channel=CHANNEL, text=more.pop("text", "An alert"), blocks=blocks, **more)["ts"]


def test_hostile_text_is_shown_and_never_run(at):
    posted(at, [
        {"type": "header", "text": plain(HOSTILE)},
        section(f"{ESCAPED} <{RUNS}|press me>"),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": ESCAPED}]},
        {"type": "markdown", "text": f"**{HOSTILE}** [press me]({RUNS})"},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
            {"type": "text", "text": HOSTILE}, {"type": "link", "url": RUNS, "text": "press me"},
        ]}]},
    ])  # fmt: skip
    at.web.chat_postMessage(channel=CHANNEL, text=ESCAPED)
    page = opened(at)
    expect(page.locator(".block-header")).to_have_text(HOSTILE)
    expect(page.get_by_text(HOSTILE)).to_have_count(6)
    assert page.locator("#messages :is(script, img[onerror], a[href^='javascript'])").count() == 0
    for dead in page.get_by_text("press me").all():
        dead.click()
    assert page.evaluate("window.ran") is None


def test_the_markup_of_slack_is_drawn(at):
    posted(
        at, [section("*bold* _slanted_ ~gone~ `code` <https://example.com|a link> <@U0ONCALL01> snake_case_name 2*3*4")]
    )
    body = opened(at).locator(".block-section")
    expect(body).to_have_text("bold slanted gone code a link @Sam Whitfield snake_case_name 2*3*4")
    assert [body.locator(tag).inner_text() for tag in ("strong", "em", "del", "code")] == [
        "bold",
        "slanted",
        "gone",
        "code",
    ]
    assert body.locator("a").get_attribute("rel") == "noopener noreferrer"


def test_a_press_changes_the_message(at):
    posted(at, ALERT)
    page = opened(at)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#messages")).to_contain_text("@Sam Whitfield has it")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_a_modal_says_what_is_missing_and_is_sent(at):
    at.app.sent.clear()
    posted(at, ALERT)
    page = opened(at)
    page.get_by_role("button", name="Freeze").click()
    dialog = page.get_by_role("dialog", name="Freeze the model")
    dialog.get_by_role("button", name="Freeze now").click()
    expect(dialog.get_by_role("alert").first).to_have_text("Please complete this required field.")
    dialog.get_by_label("Reason").fill("hm")
    dialog.get_by_role("button", name="Freeze now").click()
    expect(dialog.get_by_role("alert").first).to_have_text("Say more.")
    dialog.get_by_label("Reason").fill("Far fewer women are approved")
    dialog.get_by_role("button", name="Freeze now").click()
    expect(dialog).to_have_count(0)
    assert at.app.sent == ["hm", "Far fewer women are approved"]


def test_escape_closes_a_modal_and_sends_nothing(at):
    at.app.sent.clear()
    posted(at, ALERT)
    page = opened(at)
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert at.app.sent == []


def test_another_person_is_one_choice_away_by_keyboard(at):
    at.web.chat_postEphemeral(channel=CHANNEL, user="U0ONCALL01", text="for Sam alone")
    page = opened(at)
    expect(page.locator("#messages")).to_contain_text("for Sam alone")
    page.locator("#act-as").press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#act-as")).to_contain_text("Priya Nair")
    expect(page.locator("#messages")).not_to_contain_text("for Sam alone")
    assert "user=ml_engineer" in page.url


def test_news_leave_half_typed_text_and_focus_alone(at):
    page = opened(at)
    composer = page.get_by_label("Message #ethixai-incidents")
    composer.press_sequentially("half a thou")
    posted(at, ALERT)
    expect(page.locator("#messages")).to_contain_text("Critical · Fairness")
    expect(composer).to_be_focused()
    expect(composer).to_have_value("half a thou")


def test_a_reply_stands_in_the_thread(at):
    ts = posted(at, ALERT)
    at.web.chat_postMessage(channel=CHANNEL, thread_ts=ts, text="the chart")
    page = opened(at)
    page.get_by_role("button", name="1 reply").click()
    page.get_by_label("Reply…").fill("on it")
    page.keyboard.press("Enter")
    expect(page.locator("#thread")).to_contain_text("on it")
    expect(page.get_by_role("button", name="2 replies")).to_be_visible()


def test_a_command_that_no_app_has_is_answered_where_it_was_typed(at):
    page = opened(at)
    page.get_by_label("Message #ethixai-incidents").fill("/nothing")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("/nothing is not a valid command.")
