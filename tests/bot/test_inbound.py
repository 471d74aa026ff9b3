"""What Slack delivers twice counts once and is answered the same: every kind, either transport, either database."""

import hashlib
import hmac
import json
import random
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, func, select

from bot import receive
from bot.demo import demo
from bot.http import server
from bot.localslack import forms, payloads
from bot.localslack.delivery import envelope
from bot.localslack.gestures import person_id
from bot.localslack.transport import Parcel, encode
from bot.slack.door import delivery_id
from storage.tables import AuditRow, Bundle, Inbound, OversightChange, Owed, RetrainRequest, Run, TimelineEntry
from tests.world import START, World

SECRET = "0123456789abcdef0123456789abcdef"
KEPT = (AuditRow, Bundle, Inbound, OversightChange, Owed, RetrainRequest, Run, TimelineEntry)


LOOKS = ("status", "alerts", "incident")


def place(world, ts):
    return next(one for one in world.slack.workspace.channels.values() if ts in one.messages)


def pressed(world, verb, by):
    workspace, alert = world.slack.workspace, world.alert()
    channel = place(world, alert["ts"])
    elements = [e for b in alert["blocks"] if b["type"] == "actions" for e in b["elements"]]
    button = next(e for e in elements if e["action_id"] == f"move:{verb}")
    action = {"type": "button", "block_id": "moves:0", "action_id": button["action_id"], "value": button["value"]}
    message = channel.messages[alert["ts"]]
    with workspace.lock:
        return Parcel("interactive", payloads.message_actions(workspace, person_id(by), channel, message, action))


def opened(world, verb, by):
    """Press for real, and return the modal that opened."""
    view = world.press(verb, by)["view"]
    return world.slack.workspace.views[view["id"]]


def submitted(world, view, **given):
    with world.slack.workspace.lock:
        forms.enter(view, given)
        return Parcel("interactive", payloads.view_submission(world.slack.workspace, view))


def typed(world, text, by="oncall"):
    workspace = world.slack.workspace
    channel = next(one for one in workspace.channels.values() if one.name == "ethixai-incidents")
    with workspace.lock:
        return Parcel("slash_commands", payloads.slash_command(workspace, person_id(by), channel, "/ethix", text))


def happened(world, kind, **event):
    ts = world.alert()["ts"]  # the answer goes into the thread of a message that is there
    about = {"type": kind, "ts": ts, "channel": place(world, ts).id}
    return Parcel("events_api", envelope(world.slack.workspace, about | event))


def everything(world):
    """One delivery of each kind; presses and forms that are done, and ones that are refused."""
    workspace, oncall = world.slack.workspace, person_id("oncall")
    frozen = opened(world, "freeze", "ml_lead")
    unlawful = opened(world, "retrain", "ml_lead")
    closed = payloads.view_closed(workspace, unlawful, is_cleared=False)
    suggest = {"action_id": "a", "block_id": "b", "value": "inc"}
    return [
        pressed(world, "acknowledge", "oncall"),
        pressed(world, "export", "oncall"),
        pressed(world, "acknowledge", "viewer"),
        submitted(world, frozen, level="3", reason="because"),
        submitted(world, unlawful, reason=" "),
        Parcel("interactive", closed),
        Parcel("interactive", payloads.global_shortcut(workspace, oncall, "none")),
        Parcel("interactive", payloads.base("block_suggestion", oncall) | suggest),
        *(typed(world, text) for text in ("help", "status", "alerts", "incident", "nonsense", f"analyze {demo.MODEL}")),
        typed(world, "status", by="viewer"),
        typed(world, f"analyze {demo.MODEL}", by="viewer"),
        happened(world, "app_mention", user=oncall, text="<@B> hello"),
        happened(world, "message", user=oncall, channel_type="im", text="status"),
        happened(world, "message", user=oncall, channel_type="im", text=f"analyze {demo.MODEL}"),
        happened(world, "app_home_opened", user=oncall, tab="home"),
        happened(world, "team_rename", name="n"),
    ]


def by_socket(world):
    return lambda parcel: (answer := world.slack.delivery.transport.send(parcel, 10.0)).ok and (answer.payload or {})


def by_http(world):
    client = TestClient(server.build(world.bot.services, world.bot.slack, f"another,{SECRET}"))
    at = int(world.clock.now.timestamp())  # a replay: the very bytes, signature and all

    def send(parcel):
        body, kind = encode(parcel)
        answer = client.post("/slack/events", content=body, headers=signed(body, at) | {"content-type": kind})
        assert answer.status_code == 200, (answer.status_code, answer.text, parcel)
        return answer.json() if answer.content else {}

    return send


def signed(body, at, secret=SECRET):
    mac = hmac.new(secret.encode(), b"v0:%d:" % at + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={mac}"}


def kept(world):
    """How many rows there are of each table, the audit's words, and what people see in Slack."""
    with world.bot.services.database.read() as session:
        rows = {one.__tablename__: session.exec(select(func.count()).select_from(one)).one() for one in KEPT}
    seen = [(m["ts"], m.get("text")) for m in world.messages()]
    return rows, world.audit(), seen


@pytest.mark.parametrize(("backend", "transport"), [("postgresql", by_socket), ("sqlite", by_http)])
def test_a_delivery_that_comes_again_changes_nothing_and_is_answered_the_same(fairness, transport):
    parcels, send = everything(fairness), transport(fairness)
    order = random.Random(7)
    order.shuffle(parcels)
    answers = [send(parcel) for parcel in parcels]
    assert all(answer is not False for answer in answers)
    fairness.settle()
    before = kept(fairness)
    again = [*enumerate(parcels)] * 2
    order.shuffle(again)
    for number, parcel in again:
        answer = send(parcel)
        if parcel.payload.get("text") not in LOOKS:  # a look shows the records as they then are
            assert answer == answers[number], parcel
    fairness.settle()
    assert kept(fairness) == before
    done = [(action, outcome) for actor, action, outcome in before[1] if actor != "system"]
    assert done.count(("acknowledge", "done")) <= 1
    assert (("freeze", "done") in done) != (("freeze", "stale") in done)
    assert done.count(("analyze", "done")) == 2
    assert done.count(("analyze", "refused")) == 1


def test_every_delivery_is_kept_by_its_id_before_it_is_acknowledged(fairness):
    send = by_http(fairness)
    for parcel in everything(fairness):
        event = parcel.payload.get("event_id")
        key = f"event:{event}" if event else delivery_id_of(parcel)
        send(parcel)
        with fairness.bot.services.database.read() as session:
            one = session.get(Inbound, key)
        assert one is not None, parcel
        assert one.received_at >= START


def delivery_id_of(parcel):
    from bot import payload

    return delivery_id(payload.known(parcel.payload))


def test_a_form_that_was_refused_may_be_sent_again_as_it_is(fairness):
    """Slack's own id names the delivery: what a person sends a second time is a new wish."""
    view = opened(fairness, "freeze", "ml_lead")
    send = by_socket(fairness)
    assert send(submitted(fairness, view, level="3", reason=" "))["errors"]["reason"]
    assert send(submitted(fairness, view, level="3", reason=" "))["errors"]["reason"]
    assert send(submitted(fairness, view, level="3", reason="because")) == {}
    assert send(submitted(fairness, view, level="3", reason="because")) == {}, "sent twice by an eager hand"
    outcomes = [outcome for _, action, outcome in fairness.audit() if action == "freeze"]
    assert outcomes == ["ask", "refused", "refused", "done"]


@pytest.mark.databases("postgresql")
def test_two_bots_that_get_the_same_delivery_at_once_do_it_once(fairness, tmp_path):
    other = World(fairness.slack, tmp_path / "bot", fairness.clock, address=fairness.address)
    parcels = everything(fairness) * 3
    random.Random(11).shuffle(parcels)
    bots = [fairness.bot, other.bot]
    with ThreadPoolExecutor(2) as pool:
        for parcel in parcels:
            told = list(pool.map(lambda bot, sent=parcel: receive.take(bot.slack, sent.payload), bots))
            assert [one.status for one in told] == [200, 200], [one.body for one in told]
            if parcel.payload.get("text") not in LOOKS:
                assert told[0].body == told[1].body, parcel
        list(pool.map(lambda bot: bot.loops.drain(), bots))
    other.stop()
    fairness.settle()
    done = [(action, outcome) for actor, action, outcome in fairness.audit() if actor != "system"]
    assert done.count(("analyze", "done")) == 2
    assert done.count(("analyze", "refused")) == 1
    assert done.count(("export", "done")) == 1
    with fairness.bot.services.database.read() as session:
        assert (
            session.exec(
                select(func.count()).where(col(Run.purpose) == "check", col(Run.requested_by) != "system")
            ).one()
            == 2
        )
        answered = session.exec(select(func.count()).where(col(Owed.key).like("answer:%"))).one()
    assert answered == 3
    assert done.count(("view", "done")) == 6, done  # status thrice, alerts, incident, home


def test_events_come_in_the_order_of_nobody_and_one_that_cannot_be_worked_on_holds_up_no_other(fairness):
    send, oncall = by_http(fairness), person_id("oncall")
    odd = [
        happened(fairness, "message", user={"id": oncall}, channel=["C"], text=7),
        happened(fairness, "app_home_opened", user=None),
        happened(fairness, "app_mention", user=oncall),
        happened(fairness, "app_mention", user="U" + "0" * 9, channel="C0", text="\x00\ud800"),
    ]
    for parcel in odd:
        send(parcel)
    send(happened(fairness, "message", user=oncall, channel="D1", channel_type="im", text="help"))
    for _ in range(3):
        fairness.settle()
    with fairness.bot.services.database.read() as session:
        waiting = session.exec(select(Inbound).where(col(Inbound.done_at).is_(None))).all()
    assert not waiting


def test_urlencoded_and_json_say_the_same(fairness):
    text = json.dumps({"type": "view_closed", "user": {"id": "U1"}, "view": {"id": "V1"}})
    client = TestClient(server.build(fairness.bot.services, fairness.bot.slack, SECRET))
    at = int(fairness.clock.now.timestamp())
    for body, kind in (
        (text.encode(), "application/json"),
        (urlencode({"payload": text}).encode(), "application/x-www-form-urlencoded; charset=utf-8"),
    ):
        answer = client.post("/slack/events", content=body, headers=signed(body, at) | {"content-type": kind})
        assert answer.status_code == 200
    with fairness.bot.services.database.read() as session:
        assert session.exec(select(func.count()).where(col(Inbound.key).like("body:%"))).one() == 1
