"""What a model leaves to people: taken in once, decided once, never lost silently; by client, calls and commands."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from analysis.errors import BadInput, Full, Missing, Taken, Unknown
from analysis.response.outcomes import Kind
from bot import app, keys, schedule
from bot.cli import cli
from bot.gate import Gate, NotStored
from bot.http import server
from bot.operations import cases, erasure, keeping, taking_in, tokens
from bot.operations.cases import Wish
from bot.operations.taking_in import Case
from bot.services import Services
from storage import audit, inbox, outbox, policies
from storage import cases as stored
from storage.tables import Incident, Model, Person
from tests.bot.test_gate import Bot, restrain
from tests.world import StillClock

pytestmark = pytest.mark.databases("sqlite")  # what is read and written in its own way on each is told on both

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEAD, VIEWER, AUDITOR, COMPLIANCE, ADMIN = "lead@x.org", "view@x.org", "audit@x.org", "comp@x.org", "admin@x.org"
POLICY = """
models:
  - id: m
    name: M
    source: {predictions: /nowhere}
    protected: [sex]
    personal: [request_id, phone]
    gate: {outcomes: [approved, declined], most_cases: 3, most_samples: 1}
  - {id: free, name: Free, source: {predictions: /nowhere}, personal: []}
roles:
  admin: [admin@x.org]
  ml_lead: [lead@x.org]
  compliance_officer: [comp@x.org]
  auditor: [audit@x.org]
  viewer: [view@x.org]
"""


def text_of_policy():
    return app.DEFAULT_POLICY.read_text().replace("models: []", "").replace("roles: {}", POLICY)


ON_BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture
def services(database, tmp_path):
    text = text_of_policy()
    with database.write() as session:
        session.add_all(Model(id=one, name=one, risk="high", registered_at=NOW) for one in ("m", "free"))
        policies.activate(session, text, "install", NOW)
    clock = StillClock(NOW)
    return Services(database, policies.parse(text, "test"), tmp_path, keys.load(tmp_path / "kept/keys"), clock)


@pytest.fixture
def door(services):
    return TestClient(server.build(services, None, None), raise_server_exceptions=False)


def case(request="r-1", model="m", level=3, **more):
    given = {"version": "2.0.0", "proposal": "approved", "score": 0.62, "confidence": 0.62, **more}
    return Case(model, request, level, **given)


def rows(services):
    with services.database.read() as session:
        assert audit.verify(session)[1] == []
        return list(audit.since(session, 0))


def item(services, number=1):
    with services.database.read() as session:
        return stored.get(session, number)


def queue(services, model="m"):
    with services.database.read() as session:
        return stored.of_model(session, model, NOW - timedelta(days=1))


@ON_BOTH
def test_a_request_is_taken_in_once_and_personal_values_are_hashed(services):
    sent = {"phone": "0700", "sex": "Female", "income": 3.5, "owner": True, "none": None}
    first = taking_in.take_in(services, case(attributes=sent, incident="INC-2026-11-001"))
    again = taking_in.take_in(services, case(attributes=sent))
    assert (first.is_new, again.is_new, again.item.id) == (True, False, first.item.id)
    kept = item(services)
    assert kept.seen == sent | {"phone": services.keys.hashed("0700")}
    assert (kept.request, kept.handle) == ("r-1", services.keys.hashed("r-1"))
    assert kept.incident_id is None  # there is no such one
    (row,) = rows(services)
    assert (row.actor, row.action, row.entity) == ("gate", "case_left", "m/cases/1")
    assert "r-1" not in str(row.data)
    assert taking_in.take_in(services, case("r-1", "free")).item.handle == "r-1"  # nothing is personal there


def test_another_request_of_the_same_name_is_refused(services):
    taking_in.take_in(services, case())
    for other in ({"proposal": "declined"}, {"version": "1.0.0"}, {"score": 0.6}, {"attributes": {"a": 1}}):
        with pytest.raises(Taken):
            taking_in.take_in(services, case(**other))
    assert queue(services).waiting == 1


def test_the_same_request_is_the_same_after_the_key_of_the_year_changed(services):
    taking_in.take_in(services, case(attributes={"phone": "0700"}))
    services.keys.begin_period(NOW.date())
    assert not taking_in.take_in(services, case(attributes={"phone": "0700"})).is_new
    with pytest.raises(Taken):
        taking_in.take_in(services, case(attributes={"phone": "0701"}))


@ON_BOTH
def test_of_two_who_leave_it_at_once_one_makes_it(services):
    found = []
    hands = [threading.Thread(target=lambda: found.append(taking_in.take_in(services, case()))) for _ in range(4)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert sorted(one.is_new for one in found) == [False, False, False, True]
    assert len({one.item.id for one in found}) == 1


@ON_BOTH
def test_no_more_wait_than_the_policy_lets_and_that_is_told_once(services):
    for number in range(3):
        taking_in.take_in(services, case(f"r-{number}"))
    for _ in range(3):
        with pytest.raises(Full):
            taking_in.take_in(services, case("r-9"))
    assert not taking_in.take_in(services, case("r-0")).is_new  # who asks again is still answered
    taking_in.take_in(services, case("s-1", level=1))  # samples have a place of their own
    with pytest.raises(Full):
        taking_in.take_in(services, case("s-2", level=0))
    with services.database.read() as session:
        told = [one for one in outbox.listed(session, ("pending",)) if one.subject == "cases_full"]
    assert [(one.channel, one.data["most"]) for one in told] == [("engineering", 3)]
    assert [row.action for row in rows(services)].count("cases_full") == 1
    assert (queue(services).waiting, queue(services).samples) == (3, 1)
    assert decide(services).kind is Kind.DONE
    assert taking_in.take_in(services, case("r-9")).is_new


@ON_BOTH
def test_what_waits_long_is_told_of_again_and_again_until_it_is_decided(services):
    def told(**span):
        services.clock.forward(**span)
        while schedule.fire(services):
            pass
        with services.database.read() as session:
            owed = [one.data for one in outbox.listed(session, ("pending",)) if one.subject == "cases_wait"]
        return [(one["model"], one["waiting"], one["since"][11:16]) for one in owed]

    taking_in.take_in(services, case("s-1", level=1))
    assert told(hours=9) == []  # nobody waits for a sample
    services.clock.now = NOW
    taking_in.take_in(services, case("r-1"))
    assert told(hours=3) == []
    taking_in.take_in(services, case("r-2"))
    assert told(hours=1) == [("m", 2, "12:00")]
    assert told(hours=3.5) == [("m", 2, "12:00")]
    assert decide(services, number=2).kind is Kind.DONE
    assert told(hours=0.5) == [("m", 2, "12:00"), ("m", 1, "15:00")]
    assert decide(services, number=3).kind is Kind.DONE
    assert len(told(hours=24)) == 2
    taking_in.take_in(services, case("r-3"))
    assert len(told(hours=4)) == 3
    assert [row.action for row in rows(services)].count("cases_wait") == 3


def decide(services, by=LEAD, number=1, decision="approved", note="", **more):
    return cases.decide(services, Wish(by, number, decision, note, **more))


def test_a_request_is_decided_once_and_a_second_hears_who_was_first(services):
    taking_in.take_in(services, case())
    first = decide(services, decision=" DECLINED ", note="The payslips are of another person")
    second = decide(services, by=COMPLIANCE, decision="no such word")
    assert (first.kind, second.kind) == (Kind.DONE, Kind.ALREADY)
    assert (second.facts["by"], second.facts["decision"]) == (LEAD, "declined")
    kept = item(services)
    assert (kept.decision, kept.is_otherwise, kept.decided_by) == ("declined", True, LEAD)
    assert (queue(services).decided, queue(services).otherwise, queue(services).waiting) == (1, 1, 0)
    done = [row for row in rows(services) if row.action == "review_case"]
    assert [(row.actor, row.outcome) for row in done] == [(LEAD, "done"), (COMPLIANCE, "already")]
    assert "payslips" not in str(done[0].data)


@ON_BOTH
def test_who_looks_for_the_next_one_gets_none_that_another_just_opened(services):
    for name in ("r-1", "r-2"):
        taking_in.take_in(services, case(name))
    looks = [cases.open_one(services, who, None, "m").item.request for who in (LEAD, COMPLIANCE, LEAD, ADMIN)]
    assert looks == ["r-1", "r-2", "r-1", "r-1"]  # where each is taken, the one that waits longest
    services.clock.forward(minutes=11)
    assert cases.open_one(services, COMPLIANCE, None, "m").item.request == "r-1"
    assert cases.open_one(services, COMPLIANCE, 2).item.request == "r-2"
    assert cases.open_one(services, LEAD, None, "free") is None
    assert cases.open_one(services, LEAD, 9) is None


@ON_BOTH
def test_of_two_at_once_one_decides(services):
    taking_in.take_in(services, case())
    found = []
    hands = [
        threading.Thread(target=lambda who=who: found.append(decide(services, who).kind))
        for who in (LEAD, COMPLIANCE, ADMIN, LEAD)
    ]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert sorted(found) == sorted([Kind.DONE] + [Kind.ALREADY] * 3)


REFUSED = [
    (VIEWER, "approved", "", "not_allowed"),
    (AUDITOR, "approved", "", "not_allowed"),
    ("nobody@x.org", "approved", "", "not_allowed"),
    (LEAD, "", "", "missing"),
    (LEAD, "maybe", "because", "missing"),
    (LEAD, "declined", "  ", "missing"),
    (LEAD, "approved", "x" * 2_001, "missing"),
]


def test_what_cannot_be_decided_changes_nothing_and_is_audited(services):
    taking_in.take_in(services, case())
    for by, decision, note, why in REFUSED:
        assert decide(services, by, 1, decision, note).error.reason == why
        assert (rows(services)[-1].outcome, rows(services)[-1].data["why"]) == ("refused", why)
    assert item(services).decided_at is None


def test_without_named_outcomes_any_word_will_do_and_without_a_proposal_nothing_departs(services):
    taking_in.take_in(services, case("r-1", "free", proposal="Lend 500"))
    taking_in.take_in(services, case("r-2", "free", proposal=None))
    assert decide(services, decision="lend 500").facts["decision"] == "Lend 500"
    assert not decide(services, number=2, decision="lend 200").facts["is_otherwise"]
    assert decide(services, number=9).error.reason == "unknown"
    assert decide(services, number=1, model="m").error.reason == "unknown"  # of another model


def test_a_repeated_delivery_is_answered_the_same(services):
    taking_in.take_in(services, case())
    decide(services, delivery="d1")
    assert decide(services, delivery="d1").facts["told"]["kind"] == "done"
    assert [row.action for row in rows(services)].count("review_case") == 1


def test_the_client_leaves_requests_to_people_and_hears_what_they_decide(services):
    bot = Bot(services, token="sesame")
    restrain(services, 3)
    gate = Gate(bot.url, "m", token="sesame")
    seen = gate.check(score=0.62, request_id="r 1/ä")
    assert seen.action == "review"
    sent = {"income": float("nan"), "age": 40}
    number = gate.ask_people("r 1/ä", seen, proposal="approved", score=0.62, attributes=sent)
    assert gate.ask_people("r 1/ä", seen, proposal="approved", score=0.62, attributes=sent) == number
    assert item(services, number).seen == {"income": None, "age": 40}
    assert gate.decided(["r 1/ä", "r-2"]) == {"r 1/ä": None}
    decide(services, number=number, decision="declined", note="no")
    ruling = gate.decided(["r 1/ä"] + [f"r-{number}" for number in range(120)])["r 1/ä"]
    assert (ruling.decision, ruling.note) == ("declined", "no")
    with pytest.raises(NotStored, match="with other content") as refused:
        gate.ask_people("r 1/ä", seen, proposal="declined")
    assert refused.value.retry_after_s is None
    for name in ("r-2", "r-3", "r-4"):
        gate.ask_people(name, seen, proposal="approved")
    with pytest.raises(NotStored, match="3 requests of m wait for people already") as full:
        gate.ask_people("r-5", seen)
    assert full.value.retry_after_s == 5
    stranger = Gate(bot.url, "m", first_s=0)
    with pytest.raises(NotStored, match="Send the gate's token"):
        stranger.ask_people("r-6", seen)
    bot.stop()
    with pytest.raises(NotStored, match="cannot be reached") as gone:
        gate.ask_people("r-6", seen, timeout_s=1)
    assert gone.value.retry_after_s == 1
    with pytest.raises(NotStored, match="cannot be reached"):
        gate.decided(["r-2"], timeout_s=1)
    gate.close()
    stranger.close()


GOOD = {"request": "r-1", "level": 3}
BAD = [
    {"request": "", "level": 3},
    {"request": "x" * 201, "level": 3},
    GOOD | {"level": 4},
    GOOD | {"level": "all"},
    GOOD | {"confidence": 1.5},
    GOOD | {"attributes": {"a": [1]}},
    GOOD | {"attributes": {"a": "x" * 501}},
    GOOD | {"attributes": {str(number): 1 for number in range(51)}},
    GOOD | {"colour": "red"},
    [],
]
RAW = [
    b'{"request": "r", "level": 3, "attributes": {"a": NaN}}',
    b'{"request": "r", "level": 3, "score": Infinity}',
    b'{"request": ',
]


def test_what_serving_code_sends_is_bounded_and_refused_in_a_sentence(services, door):
    json_type = {"Content-Type": "application/json"}
    answers = [door.post("/v1/gate/m/reviews", json=body) for body in BAD]
    answers += [door.post("/v1/gate/m/reviews", content=raw, headers=json_type) for raw in RAW]
    answers += [door.post("/v1/gate/m/decided", json={"requests": sent}) for sent in ("a", ["a"] * 101, [""], [1])]
    assert [one.status_code for one in answers] == [422] * len(answers)
    assert all(10 < len(one.json()["detail"]) < 300 for one in answers)
    assert door.post("/v1/gate/nix/reviews", json=GOOD).status_code == 404
    assert door.post("/v1/gate/nix/decided", json={"requests": ["a"]}).status_code == 404
    assert item(services) is None
    odd = door.post("/v1/gate/m/reviews", content=b'{"request": "a\\u0000\\ud800", "level": 3}', headers=json_type)
    assert odd.status_code == 200
    assert item(services).request == "a\ufffd\ufffd"


@ON_BOTH
def test_people_see_over_http_all_but_what_must_not_count_and_decide(services, door):
    with services.transaction() as session:
        for number, who in enumerate((LEAD, VIEWER, AUDITOR)):
            session.add(Person(id=f"U{number}", handle=who, name=who, email=who, tz="UTC", checked_at=NOW))
    lead, viewer, auditor = (
        {"Authorization": f"Bearer {tokens.create(services, tokens.Wish(ADMIN), one, 90)}"}
        for one in ("U0", "U1", "U2")
    )
    taking_in.take_in(services, case("s-1", level=1, attributes={"sex": "Male", "age": 40}))
    services.clock.forward(minutes=1)
    taking_in.take_in(services, case("r-1", attributes={"sex": "Female", "age": 30}))
    found = door.get("/v1/models/m/reviews", headers=lead).json()["cases"]
    assert [one["request"] for one in found] == ["r-1", "s-1"]  # what nobody has answered goes first
    assert (found[0]["attributes"], found[0]["not_shown"]) == ({"age": 30}, ["sex"])
    assert door.get("/v1/models/m/reviews", headers=viewer).status_code == 403
    assert door.get("/v1/models/m/reviews?state=all", headers=auditor).status_code == 200
    assert door.get("/v1/models/m/reviews?state=lost", headers=lead).status_code == 422
    assert door.get("/v1/models/nix/reviews", headers=lead).status_code == 404
    place = f"/v1/models/m/reviews/{found[0]['id']}"
    assert door.post(place, json={"decision": "approved"}, headers=auditor).status_code == 403
    unsaid = door.post(place, json={"decision": "declined"}, headers=lead)
    assert (unsaid.status_code, "A note is needed" in unsaid.json()["detail"]) == (422, True)
    key = lead | {"Idempotency-Key": "k"}
    done = [door.post(place, json={"decision": "approved"}, headers=key) for _ in range(2)]
    assert [(one.status_code, one.json()["says"]) for one in done] == [(200, "☑️ Decided: approved.")] * 2
    late = door.post(place, json={"decision": "approved"}, headers=lead)
    assert late.status_code == 409
    assert "U0 decided this already" in late.json()["says"]
    assert door.post(f"/v1/models/m/reviews/{2**40}", json={"decision": "x"}, headers=lead).status_code == 404
    assert door.get("/v1/models/m/reviews?state=decided", headers=lead).json()["cases"][0]["decided_by"] == "U0"


@pytest.fixture
def shell(services, database, tmp_path, monkeypatch):
    (tmp_path / "policy.yaml").write_text(text_of_policy())
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ETHIXBOT_POLICY", str(tmp_path / "policy.yaml"))
    monkeypatch.setenv("ETHIXBOT_DATA", str(tmp_path / "kept"))

    def said(*arguments):
        done = CliRunner().invoke(cli, [*map(str, arguments)])
        if isinstance(done.exception, BadInput):
            return 2, str(done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return said


def test_the_same_from_a_shell(services, shell):
    assert shell("reviews", "list") == (0, "Nothing waits for people.\n")
    taking_in.take_in(services, case(attributes={"sex": "Female", "age": 30, "odd": "\x1b[31m"}))
    _, text = shell("reviews", "list", "m")
    first = "1 · m · r-1 · proposes approved, 62 % sure · waits since 2026-11-23 12:00 UTC"
    assert text.splitlines() == [first, "    age=30, odd= [31m"]
    assert shell("reviews", "list", "nix") == (2, "reviews: the policy has no model “nix”.")
    assert "is waiting, decided, all, not" in shell("reviews", "list", "--state", "lost")[1]
    code, text = shell("reviews", "decide", 1, "declined", "--by", LEAD)
    assert (code, "A note is needed" in text) == (2, True)
    assert "needs one of" in shell("reviews", "decide", 1, "approved", "--by", VIEWER)[1]
    decided = ("reviews", "decide", 1, "declined", "--by", LEAD, "--note", "no")
    assert shell(*decided) == (0, "☑️ Decided: declined, otherwise than the model proposed.\n")
    assert shell(*decided)[0] == 1
    assert "declined by lead@x.org" in shell("reviews", "list", "--state", "decided")[1]


def test_whom_a_request_was_about_is_erased_and_the_decision_stays(services, shell):
    taking_in.take_in(services, case(attributes={"age": 30}))
    erase = ("erase", "request", "m", "r-1", "--by", COMPLIANCE, "--reason", "asked for it")
    assert "still waits for people" in shell(*erase)[1]
    decide(services, decision="declined", note="Ada's payslip", delivery="d1")
    assert "needs one of" in shell(*erase[:5], LEAD, *erase[6:])[1]
    assert shell(*erase) == (0, "The request is erased; what was decided stays as m/cases/1\n")
    kept = item(services)
    assert (kept.seen, kept.note, kept.decision) == ({}, None, "declined")
    assert "r-1" not in kept.model_dump_json()
    assert services.keys.hashed("r-1") not in kept.model_dump_json()
    assert "no request" in shell(*erase)[1]
    with services.database.read() as session:
        assert "r-1" not in str(inbox.answer(session, "d1"))
    assert not [row for row in rows(services) if "r-1" in str(row.data) + row.entity]


@ON_BOTH
def test_retention_removes_what_was_decided_long_ago_and_nothing_that_waits(services):
    for number, name in enumerate(("r-1", "r-2", "s-1"), 1):
        taking_in.take_in(services, case(name, level=1 if name == "s-1" else 3))
        assert number != 1 or decide(services).kind is Kind.DONE
    assert keeping.remove(services, "case") == 0
    services.clock.forward(days=1_828)
    with services.transaction() as session:
        incident = Incident(
            id="INC-1", model_id="m", family="fairness", severity="high", state="detected", opened_at=NOW,
            channel="c",
        )  # fmt: skip
        session.add(incident)
    assert keeping.remove(services, "case") == 0  # of a model whose incident is open each stays
    with services.transaction() as session:
        session.get(Incident, "INC-1").state = "closed"
    assert keeping.remove(services, "case") == 2
    with services.database.read() as session:
        assert [one.request for one in stored.listed(session, "m", "all", 9)] == ["r-2"]


def test_outcomes_that_no_form_could_offer_are_refused_with_the_policy():
    for wrong in ("[approved, Approved]", f"[{', '.join(f'word{number}' for number in range(101))}]"):
        text = text_of_policy().replace("[approved, declined]", wrong)
        with pytest.raises(BadInput, match="outcomes"):
            policies.parse(text, "test")


def test_what_is_not_known_is_said_so(services):
    with pytest.raises(Unknown):
        taking_in.take_in(services, case(model="nix"))
    with pytest.raises(Missing):
        erasure.erase_request(services, erasure.Request("m", "r-1", ADMIN, " "))
    assert item(services) is None
