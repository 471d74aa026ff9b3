"""`/_local`: what tests and the page ask for people, what they are told, and what is refused as a bad request."""

import pytest

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import HTTP, MANIFEST, Person, actions, asked, button, modal, plain, wait_for

LEAD = "U0MLLEAD01"
CLICK = {"user": "ml_lead", "channel": "general", "ts": "1.0", "action_id": "go"}
BAD = [
    ("home", {"user": "nobody"}, "user_not_found"),
    ("home", {}, "invalid_arguments"),
    ("home", {"user": "ml_lead", "colour": "red"}, "invalid_arguments"),
    ("say", {"user": "ml_lead", "channel": "nowhere", "text": "x"}, "channel_not_found"),
    ("say", {"user": "ml_lead", "channel": "general", "text": "x", "thread_ts": "1.0"}, "message_not_found"),
    ("click", CLICK, "message_not_found"),
    ("submit", {"user": "ml_lead", "view_id": "V0NONE"}, "view_not_found"),
    ("close", {"user": "ml_lead", "view_id": "V0NONE"}, "view_not_found"),
    ("fault", {"method": "chat.update", "crash": True}, "invalid_arguments"),
    ("disconnect", {"reason": "because"}, "invalid_arguments"),
    ("usergroup", {"id": "S0NONE", "users": []}, "no_such_subteam"),
    ("archive", {"channel": "nowhere"}, "channel_not_found"),
]


def opened(slack, client, *blocks, user=LEAD, **more):
    return client.views_open(trigger_id=slack.workspace.new_trigger(user), view=modal(*blocks, **more))["view"]["id"]


@pytest.mark.parametrize(("path", "body", "error"), BAD, ids=[f"{row[0]} {row[2]}" for row in BAD])
def test_a_bad_request_is_told(slack, path, body, error):
    answer = HTTP.post(f"{slack.url}/_local/{path}", json=body)
    assert (answer.status_code, answer.json()["ok"], answer.json()["error"]) == (400, False, error)


def test_a_bad_request_names_the_field(slack):
    answer = HTTP.post(f"{slack.url}/_local/say", json={"user": "ml_lead", "chanel": "x", "text": "x"}).json()
    assert {line.partition(":")[0] for line in answer["errors"]} == {"channel", "chanel"}


def test_every_message_has_the_same_fields(slack, client, lead):
    ts = client.chat_postMessage(channel="general", text="x")["ts"]
    client.chat_postMessage(channel="general", text="y", thread_ts=ts)
    client.chat_postEphemeral(channel="C0GENERAL1", user=LEAD, text="z")
    head, whisper = lead.sees("general")
    fields = {"ts", "text", "blocks", "metadata", "user", "edited", "reactions", "files", "replies", "ephemeral"}
    assert fields <= head.keys() & whisper.keys() & head["replies"][0].keys()
    assert [one["text"] for one in head["replies"]] == ["y"]
    assert (head["ephemeral"], whisper["ephemeral"]) == (False, True)
    assert len(Person(slack, "viewer").sees("general")) == 1


@pytest.mark.parametrize("name", ["dm", "@bot", "@EthixAI Incidents", "D0MLLEAD01"])
def test_direct_messages_have_several_names_and_one_reader(slack, lead, name):
    assert lead.do("say", channel=name, text="hello")["channel"] == "D0MLLEAD01"
    assert [one["text"] for one in lead.sees("dm")] == ["hello"]
    asked_for = {"channel": "D0MLLEAD01", "user": "viewer"}
    assert HTTP.get(f"{slack.url}/_local/messages", params=asked_for).json()["error"] == "channel_not_found"


def test_values_are_given_by_action_by_block_or_as_slack_keeps_them(bolt, slack, client, lead):
    got = []

    @bolt.app.view("m")
    def submitted(ack, view):
        got.append({name: next(iter(one.values()))["value"] for name, one in view["state"]["values"].items()})
        ack()

    bolt.connect()
    for values in ({"a": "x"}, {"b": "x"}, {"b": {"a": "x"}}, {"b": {"a": {"type": "plain_text_input", "value": "x"}}}):
        view = opened(slack, client, asked("b", "a"))
        done = lead.do("submit", view_id=view, values=values)
        assert (done["ok"], done["closed"]) == (True, True)
    assert got == [{"b": "x"}] * 4
    view = opened(slack, client, asked("b", "a"))
    refused = lead.do("submit", view_id=view, values={"reson": "x"})
    assert (refused["error"], refused["unknown"], refused["known"]) == ("unknown_inputs", ["reson"], ["a", "b"])
    empty = lead.do("submit", view_id=view, values={})
    assert (empty["ok"], empty["closed"], list(empty["errors"]), empty["view"]["id"]) == (False, False, ["b"], view)


def test_a_command_also_tells_what_the_channel_now_sees(bolt, lead):
    @bolt.app.command("/ethix")
    def command(ack, body, client):
        client.chat_postMessage(channel=body["channel_id"], text="posted")
        ack("whispered")

    bolt.connect()
    seen = lead.do("command", channel="general", text="/ethix")
    assert [[one["text"] for one in seen[name]] for name in ("ephemeral", "messages")] == [["whispered"], ["posted"]]


def test_presses_reach_the_app_from_replies_and_from_whispers(bolt, client, lead):
    got = []

    @bolt.app.action("go")
    def go(ack, body, respond):
        ack()
        got.append(body)
        respond("done", replace_original=True)

    bolt.connect()
    head = client.chat_postMessage(channel="C0GENERAL1", text="head")["ts"]
    reply = client.chat_postMessage(channel="C0GENERAL1", text="r", thread_ts=head, blocks=[actions()])["ts"]
    whisper = client.chat_postEphemeral(channel="C0GENERAL1", user=LEAD, text="w", blocks=[actions()])["message_ts"]
    for ts in (reply, whisper):
        assert lead.do("click", channel="general", ts=ts, action_id="go", wait_s=0)["ok"]
    in_thread, alone = got
    assert in_thread["container"]["thread_ts"] == in_thread["message"]["thread_ts"] == head
    assert alone["container"]["is_ephemeral"]
    assert "message" not in alone
    wait_for(lambda: [one["text"] for one in lead.sees("general")] == ["head", "done"])
    assert [one["text"] for one in lead.sees("general")[0]["replies"]] == ["done"]
    other = Person(lead.slack, "viewer").do("click", channel="general", ts=whisper, action_id="go")
    assert other["error"] == "message_not_found"


def test_an_element_or_option_that_is_not_there_is_refused(client, lead):
    menu = {"type": "static_select", "action_id": "s", "options": [{"text": plain("A"), "value": "a"}]}
    ts = client.chat_postMessage(
        channel="general", text="x", blocks=[actions(button(), menu, {**menu, "type": "overflow", "action_id": "more"})]
    )["ts"]
    press = {"channel": "general", "ts": ts}
    assert lead.do("click", **press, action_id="stop")["error"] == "action_not_found"
    assert lead.do("click", **press, action_id="s", selected="b")["error"] == "option_not_found"
    assert lead.do("click", **press, action_id="more")["error"] == "option_not_found"


@pytest.mark.parametrize(("given", "error"), [(5, "invalid_value"), ({"value": ["x"]}, "invalid_value")])
def test_a_value_of_another_kind_is_refused(slack, client, lead, given, error):
    view = opened(slack, client, asked("b", "a"))
    assert lead.do("submit", view_id=view, values={"b": {"a": given}})["error"] == error


def test_a_person_archives_a_channel_and_takes_the_bot_out(slack, client, lead):
    lead.ask("archive", channel="general")
    assert lead.do("say", channel="general", text="x")["error"] == "is_archived"
    shown = client.conversations_list(exclude_archived=True)["channels"]
    assert "general" not in [one["name"] for one in shown]
    assert client.conversations_info(channel="C0GENERAL1")["channel"]["is_archived"]
    lead.ask("archive", channel="general", is_archived=False)
    lead.ask("remove_bot", channel="general")
    assert not client.conversations_info(channel="C0GENERAL1")["channel"]["is_member"]
    lead.do("say", channel="general", text="@EthixAI Incidents hello")
    assert slack.delivery.log == []


def test_an_app_that_is_not_interactive_hears_of_no_press():
    settings = {**MANIFEST["settings"], "interactivity": {"is_enabled": False}}
    with LocalSlack({**MANIFEST, "settings": settings}) as slack:
        ts = slack.gestures.say(LEAD, slack.workspace.channel("general"), "x").ts
        slack.workspace.channel("general").messages[ts].blocks = [{**actions(), "block_id": "b"}]
        seen = Person(slack).do("click", channel="general", ts=ts, action_id="go")
        assert seen["error"] == "This app is not configured to handle interactive responses."


def test_the_cross_closes_every_modal_and_each_tells_who_asked(bolt, slack, client, lead):
    heard = []

    @bolt.app.view_closed("m")
    def closed(ack, body):
        ack()
        heard.append((body["view"]["id"], body["is_cleared"]))

    bolt.connect()
    first = opened(slack, client, notify_on_close=True)
    on_top = modal(notify_on_close=True)
    second = client.views_push(trigger_id=slack.workspace.new_trigger(LEAD), view=on_top)["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (first, first)
    assert lead.do("close", view_id=second["id"], clears=True)["ok"]
    assert heard == [(second["id"], True), (first, True)]
    assert HTTP.get(f"{slack.url}/_local/views", params={"user": "ml_lead"}).json()["views"] == []
