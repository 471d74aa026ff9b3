"""Modals through real Bolt over Socket Mode: opened by a press, filled in, refused, changed, cancelled."""

import threading

import pytest
from slack_sdk.errors import SlackApiError

from bot.localslack import LocalSlack
from tests.bot.localslack.helpers import HTTP, MANIFEST, asked, modal, mrkdwn, plain, post, press


def test_a_modal_shows_its_errors_then_closes(bolt, client, lead):
    @bolt.app.action("go")
    def go(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal(asked("why", "reason")))

    @bolt.app.view("m")
    def submitted(ack, view):
        reason = view["state"]["values"]["why"]["reason"]["value"]
        ack(response_action="errors", errors={"why": "Too short"}) if reason == "x" else ack()

    bolt.connect()
    view = press(lead, post(client))["view"]
    assert view["root_view_id"] == view["id"]
    assert "required" in lead.do("submit", view_id=view["id"], values={})["errors"]["why"]
    assert lead.do("submit", view_id=view["id"], values={"reason": "x"})["errors"] == {"why": "Too short"}
    done = lead.do("submit", view_id=view["id"], values={"why": {"reason": "Long enough"}})
    assert (done["ok"], done["views"]) == (True, [])
    assert lead.do("submit", view_id=view["id"], values={})["error"] == "view_not_found"


@pytest.mark.parametrize(("how", "titles"), [("update", ["Next"]), ("push", ["T", "Next"]), ("clear", [])])
def test_a_submission_updates_pushes_or_clears(bolt, client, lead, how, titles):
    @bolt.app.action("go")
    def go(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    @bolt.app.view("m")
    def submitted(ack):
        ack(response_action=how, **({} if how == "clear" else {"view": modal(title=plain("Next"))}))

    bolt.connect()
    view = press(lead, post(client))["view"]
    seen = lead.do("submit", view_id=view["id"], values={}, wait_s=0)
    assert [one["title"]["text"] for one in seen["views"]] == titles


def test_an_answer_that_is_no_answer_is_told_to_the_person(bolt, client, lead):
    @bolt.app.action("go")
    def go(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal(asked("why", "reason")))

    @bolt.app.view("m")
    def submitted(ack):
        ack(response_action="errors", errors={"nowhere": "x"})

    bolt.connect()
    view = press(lead, post(client))["view"]
    seen = lead.do("submit", view_id=view["id"], values={"reason": "x"})
    assert (seen["ok"], seen["error"]) == (False, "invalid_response")


def test_a_cancelled_modal_tells_the_app_that_asked(bolt, client, lead):
    heard = threading.Event()

    @bolt.app.action("go")
    def go(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal(notify_on_close=True))

    @bolt.app.view_closed("m")
    def closed(ack, body):
        ack()
        assert body["is_cleared"] is False
        heard.set()

    bolt.connect()
    view = press(lead, post(client))["view"]
    lead.do("close", view_id=view["id"])
    assert heard.wait(2)


def test_a_choice_in_a_modal_and_an_update_keep_what_was_entered(bolt, client, lead):
    menu = {"type": "static_select", "action_id": "pick", "options": [{"text": plain("A"), "value": "a"}]}

    @bolt.app.action("go")
    def go(ack, body, client):
        ack()
        blocks = ({"type": "section", "block_id": "s", "text": mrkdwn("x"), "accessory": menu}, asked("why", "reason"))
        client.views_open(trigger_id=body["trigger_id"], view=modal(*blocks))

    @bolt.app.action("pick")
    def pick(ack, body, client):
        ack()
        view = body["view"]
        blocks = [*view["blocks"], {"type": "section", "text": mrkdwn("more")}]
        client.views_update(view_id=view["id"], hash=view["hash"], view=modal(*blocks))

    bolt.connect()
    view = press(lead, post(client))["view"]
    lead.do("click", view_id=view["id"], action_id="reason", value="typed")
    seen = lead.do("click", view_id=view["id"], action_id="pick", selected="a")["view"]
    assert len(seen["blocks"]) == 3
    assert seen["state"]["values"]["why"]["reason"]["value"] == "typed"
    assert seen["state"]["values"]["s"]["pick"]["selected_option"]["value"] == "a"


def test_a_trigger_opens_one_modal_within_three_seconds(clock):
    with LocalSlack(MANIFEST, clock=clock) as slack:

        def opened(trigger):
            answer = HTTP.post(
                slack.api_url + "views.open",
                headers={"Authorization": f"Bearer {slack.bot_token}"},
                json={"trigger_id": trigger, "view": modal()},
            )
            return answer.json().get("error")

        assert opened("1.2.3") == "invalid_trigger_id"
        trigger = slack.workspace.new_trigger("U0MLLEAD01")
        assert opened(trigger) is None
        assert opened(trigger) == "exchanged_trigger_id"
        late = slack.workspace.new_trigger("U0MLLEAD01")
        clock.now += 3.1
        assert opened(late) == "expired_trigger_id"


def test_a_view_changes_only_for_who_knows_its_hash(client, slack):
    view = client.views_open(trigger_id=slack.workspace.new_trigger("U0MLLEAD01"), view=modal(external_id="e"))["view"]
    assert client.views_update(external_id="e", hash=view["hash"], view=modal())["ok"]
    conflict = {"view": modal(), "view_id": view["id"], "hash": view["hash"]}
    for sent, error in ((conflict, "hash_conflict"), ({"view": modal(), "view_id": "V0"}, "not_found")):
        with pytest.raises(SlackApiError, match=error):
            client.api_call("views.update", json=sent)
