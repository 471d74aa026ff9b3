"""What a person does, through real Bolt over Socket Mode: presses, modals, commands, the home, shortcuts."""

import json

import pytest

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import (
    HTTP,
    INCIDENTS,
    MANIFEST,
    Person,
    actions,
    button,
    plain,
    post,
    press,
    wait_for,
)


def test_a_press_is_acknowledged_answered_and_edits_the_message(bolt, client, lead):
    @bolt.app.action("go")
    def go(ack, body, respond, client):
        ack()
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="Taken")
        respond(f"You have it, {body['user']['name']}")

    bolt.connect()
    seen = press(lead, post(client))
    assert (seen["ok"], seen["error"]) == (True, None)
    assert [one["text"] for one in seen["ephemeral"]] == ["You have it, ml_lead"]
    assert [one["text"] for one in Person(lead.slack, "viewer").sees()] == ["Taken"]


def test_the_payload_of_a_press_is_slacks(bolt, client, lead):
    got = []

    @bolt.app.action("go")
    def go(ack, body):
        got.append(body)
        ack()

    bolt.connect()
    choices = {"type": "static_select", "action_id": "s", "options": [{"text": plain("A"), "value": "a"}]}
    ts = post(client, actions(button(value="v"), choices))
    press(lead, ts, wait_s=0)
    (body,) = got
    assert (body["type"], body["api_app_id"], body["is_enterprise_install"]) == ("block_actions", "A0LOCALAPP", False)
    assert body["user"] == {"id": "U0MLLEAD01", "username": "ml_lead", "name": "ml_lead", "team_id": "T0ETHIXAI1"}
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": INCIDENTS, "is_ephemeral": False}
    assert body["channel"] == {"id": INCIDENTS, "name": "ethixai-incidents"}
    (action,) = body["actions"]
    assert (action["type"], action["value"], action["block_id"]) == (
        "button",
        "v",
        body["message"]["blocks"][0]["block_id"],
    )
    assert body["state"]["values"][action["block_id"]]["s"]["selected_option"] is None


CHOICES = {
    "static_select": ({"options": [{"text": plain("A"), "value": "a"}]}, "a", "selected_option"),
    "overflow": ({"options": [{"text": plain("A"), "value": "a"}]}, "a", "selected_option"),
    "radio_buttons": ({"options": [{"text": plain("A"), "value": "a"}]}, "a", "selected_option"),
    "checkboxes": ({"options": [{"text": plain("A"), "value": "a"}]}, ["a"], "selected_options"),
    "datepicker": ({}, "2026-11-21", "selected_date"),
    "users_select": ({}, "U0CTOOFF01", "selected_user"),
    "conversations_select": ({}, INCIDENTS, "selected_conversation"),
}


@pytest.mark.parametrize("kind", CHOICES)
def test_a_choice_arrives_under_its_own_name(bolt, client, lead, kind):
    more, given, name = CHOICES[kind]
    got = []

    @bolt.app.action("pick")
    def pick(ack, action):
        got.append(action)
        ack()

    bolt.connect()
    ts = post(client, actions({"type": kind, "action_id": "pick", **more}))
    assert press(lead, ts, "pick", selected=given, wait_s=0)["ok"]
    chosen = got[0][name]
    plainly = (
        [one["value"] for one in chosen]
        if isinstance(chosen, list)
        else getattr(chosen, "get", lambda _: chosen)("value")
    )
    assert plainly == given


def test_a_command_is_answered_to_the_person_or_the_channel(bolt, lead):
    @bolt.app.command("/ethix")
    def command(ack, body):
        ack(
            text=f"{body['text']} in {body['channel_name']}",
            response_type="in_channel" if body["text"] == "loud" else None,
        )

    bolt.connect()
    seen = lead.do("command", channel="general", text="/ethix help me", wait_s=0)
    assert [one["text"] for one in seen["ephemeral"]] == ["help me in general"]
    lead.do("command", channel="general", text="/ethix loud", wait_s=0)
    assert [one["text"] for one in Person(lead.slack, "viewer").sees("general")] == ["loud in general"]
    assert lead.do("command", channel="general", text="/other")["error"] == "/other is not a valid command."


def test_without_an_app_or_an_acknowledgement_the_person_sees_an_error(bolt, client, lead):
    seen = lead.do("command", channel="general", text="/ethix help")
    assert seen["error"] == '/ethix failed with the error "dispatch_failed"'
    assert press(lead, post(client))["error"] == "dispatch_failed"

    @bolt.app.action("go")
    def go():
        """Never acknowledge."""

    bolt.connect()
    assert press(lead, post(client))["error"] == "operation_timeout"


def test_a_mention_and_a_direct_message_are_events(bolt, lead):
    @bolt.app.event("app_mention")
    def mentioned(event, say):
        say(f"heard {event['user']}", thread_ts=event["ts"])

    @bolt.app.event("message")
    def told(event, say):
        if not event.get("bot_id"):
            say(f"{event['channel_type']}: {event['text']}")

    bolt.connect()
    lead.do("say", channel="general", text="@EthixAI Incidents are <you> there?")
    (reply,) = wait_for(lambda: lead.sees("general")[0]["replies"])
    assert lead.sees("general")[0]["text"] == "<@U0ETHIXBOT> are &lt;you&gt; there?"
    assert reply["text"] == "heard U0MLLEAD01"
    lead.do("say", channel="dm", text="hello")
    assert wait_for(lambda: lead.sees("dm")[1:])[0]["text"] == "im: hello"


def test_the_home_is_published_when_it_is_opened(bolt, client, lead):
    @bolt.app.event("app_home_opened")
    def opened(event, client):
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [actions(button("in_home"))]})

    @bolt.app.action("in_home")
    def pressed(ack, body):
        ack()
        assert body["container"]["type"] == "view"

    bolt.connect()
    view = lead.do("home")["view"]
    assert view["type"] == "home"
    assert lead.do("click", view_id=view["id"], action_id="in_home", wait_s=0)["ok"]


def test_shortcuts_carry_a_trigger_and_the_message(bolt, client, lead):
    got = {}

    @bolt.app.shortcut("report")
    def report(ack, body):
        got["global"] = body
        ack()

    @bolt.app.shortcut("attach")
    def attach(ack, body):
        got["message"] = body
        ack()

    bolt.connect()
    ts = post(client)
    assert lead.do("shortcut", callback_id="report", wait_s=0)["ok"]
    assert lead.do("shortcut", callback_id="attach", channel=INCIDENTS, ts=ts, wait_s=0)["ok"]
    assert lead.do("shortcut", callback_id="nothing", wait_s=0)["error"] == "shortcut_not_found"
    assert got["global"]["type"] == "shortcut"
    assert got["message"]["message"]["ts"] == ts


def test_a_response_url_replaces_deletes_and_ends_after_five_uses_or_half_an_hour(clock):
    with LocalSlack(MANIFEST, clock=clock) as slack:
        lead, workspace = Person(slack), slack.workspace

        def answer(url, **body):
            return HTTP.post(url, content=json.dumps(body))

        url = workspace.new_response_url("actions", "U0MLLEAD01", INCIDENTS)
        assert [answer(url, text=str(n)).status_code for n in range(5)] == [200] * 5
        assert answer(url, text="6").json()["error"] == "used_url"
        whisper = workspace.channel(INCIDENTS).whispers[0]
        url = workspace.new_response_url("actions", "U0MLLEAD01", INCIDENTS, whisper)
        answer(url, text="new", replace_original=True)
        assert lead.sees()[0]["text"] == "new"
        answer(url, delete_original=True)
        assert len(lead.sees()) == 4
        assert Person(slack, "viewer").sees() == []
        clock.now += 1801
        assert answer(url, text="late").json()["error"] == "expired_url"
