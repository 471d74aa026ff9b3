"""Any night: random people press anything, the clock jumps, the bot restarts; whatever happens, the record holds.

The same operations as every door leads to; nothing is delivered. Hypothesis prints the steps of what it finds.
"""

import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from analysis.response import fields, life
from analysis.response.life import MOVES
from analysis.response.outcomes import Kind
from analysis.vocabulary import State
from bot import keys, schedule
from bot.demo import demo
from bot.localslack.people import PEOPLE
from bot.operations import approvals, incidents
from bot.operations.deciding import Decision
from bot.operations.doing import Request
from bot.services import Services
from storage import audit, policies
from storage import incidents as stored
from storage.database import Database
from storage.tables import Approval, AuditRow, Clock, Incident, Person, TimelineEntry, Timer, Vote
from templates.verbs import VERBS
from tests.world import START, StillClock

IDS = [person.id for person in PEOPLE.values()]
WORDS = ["It harms women", "Release 7"]
NONSENSE = ["", "too long", "nonsense", "2020-01-01"]
LATEST = timedelta(seconds=2)  # after a jump the timers fire at once; they are this late at most, and by the jump


class Night(RuleBasedStateMachine):
    """One incident, whoever comes by."""

    folder: Path  # of a night in which the break was just found

    @initialize()
    def begin(self):
        self.scratch = Path(tempfile.mkdtemp())
        shutil.copytree(self.folder, self.scratch, dirs_exist_ok=True)
        self.clock = StillClock(START + timedelta(minutes=1))
        self.late = timedelta(0)
        self.start()
        with self.services.database.write() as session:
            for one in PEOPLE.values():
                mail = f"{one.handle}@ethixai.local"
                session.merge(Person(id=one.id, handle=one.handle, name=one.name, email=mail, checked_at=START))
        with self.services.database.read() as session:
            self.incident = session.exec(select(Incident.id)).one()
        self.settle()

    def start(self):
        database = Database(f"sqlite:///{self.scratch / 'ethixbot.db'}")
        policy = policies.parse(demo.policy_text(self.scratch, demo.DATA), "test")
        self.services = Services(database, policy, self.scratch, keys.load(self.scratch / "data"), self.clock)

    def settle(self):
        for _ in range(500):
            if not schedule.fire(self.services):
                return
        raise AssertionError("timers without end")

    def seen(self):
        with self.services.database.read() as session:
            return stored.view(session, self.incident)

    def possible(self, name, view):
        """Return what may be typed or chosen for the field."""
        form = fields.of(name)
        rows = [one for words in VERBS.values() if words.modal for one in [words.modal.fields.get(name)] if one]
        offered = [option.value for one in rows if one.options for option in one.options(view)]
        return {
            fields.Form.CHOICE: [*form.options, *offered],
            fields.Form.PERSON: IDS,
            fields.Form.MOMENT: [(self.clock.now + timedelta(hours=hours)).isoformat() for hours in (5, 50, 500)],
            fields.Form.DAY: [(self.clock.now + timedelta(days=days)).date().isoformat() for days in (1, 9)],
        }.get(form.form, WORDS)

    @rule(verb=st.sampled_from(sorted(MOVES)), who=st.sampled_from(IDS), state=st.sampled_from(State), data=st.data())
    def press_anything(self, verb, who, state, data):
        """Press any button of any old message, and fill nonsense in."""
        view, given = self.seen(), {}
        for name in (asked.rstrip("?") for asked in MOVES[verb].asks):
            given[name] = data.draw(st.sampled_from([*self.possible(name, view), *NONSENSE]), label=name)
        self.press(verb, who, state, given)

    @rule(data=st.data())
    def do_what_may_be_done(self, data):
        """Do what the state and the role allow, with what may be chosen."""
        view = self.seen()
        state = State(view.incident.state)
        verb = data.draw(st.sampled_from([move.verb for move in life.possible(state)]), label="verb")
        may = [one for one in IDS if MOVES[verb].by & self.roles(one)]
        choices = {name: self.possible(name, view) for name in (asked.rstrip("?") for asked in MOVES[verb].asks)}
        if may and all(choices.values()):
            given = {name: data.draw(st.sampled_from(found), label=name) for name, found in choices.items()}
            self.press(verb, data.draw(st.sampled_from(may), label="who"), state, given)

    def press(self, verb, who, state, given):
        typed = {name: "x" * 3_000 if value == "too long" else value for name, value in given.items()}
        delivery = f"trigger:{self.clock().timestamp()}"
        request = Request(verb, self.incident, who, state_seen=state, fields=typed, delivery=delivery)
        outcome = incidents.move(self.services, request)
        assert incidents.move(self.services, request).kind is Kind.REPEATED
        assert outcome.kind is Kind.REFUSED or MOVES[verb].by & self.roles(who), (verb, who)

    @rule(who=st.sampled_from(IDS), verb=st.sampled_from(["approve", "approve", "decline"]))
    def decide(self, who, verb):
        """Say yes or no to what waits for a second person, whoever one is."""
        with self.services.database.read() as session:
            waiting = session.exec(select(Approval.id).where(Approval.status == "pending")).first()
        if waiting:
            approvals.decide(self.services, Decision(verb, waiting, who, reason="no"))

    @rule(minutes=st.sampled_from([1, 4, 16, 61, 5 * 60, 26 * 60, 9 * 24 * 60]))
    def time_goes_by(self, minutes):
        self.clock.forward(minutes=minutes)
        self.late = timedelta(minutes=minutes) + LATEST
        self.settle()

    @rule(who=st.sampled_from(IDS))
    def somebody_leaves_or_comes_back(self, who):
        with self.services.database.write() as session:
            person = session.get(Person, who)
            person.is_active = not person.is_active
            session.add(person)

    @rule()
    def the_bot_restarts(self):
        self.services.database.dispose()
        self.start()

    def roles(self, who):
        with self.services.database.read() as session:
            return self.services.roles(session, who)

    @invariant()
    def the_record_holds(self):
        with self.services.database.read() as session:
            count, faults = audit.verify(session)
            assert not faults
            entries = session.exec(select(TimelineEntry)).all()
            rows = [session.get(AuditRow, seq + 1) for seq in range(count)]
            self.every_move_has_its_line(entries, rows)
            self.nobody_approves_their_own(session.exec(select(Approval)).all(), session.exec(select(Vote)).all())
            self.nothing_fires_twice_or_late(entries, session.exec(select(Timer)).all())
            self.clocks_are_of_one_mind(session.exec(select(Clock)).all())
            for incident in session.exec(select(Incident)):
                assert incident.state in set(State)
                if State(incident.state) in life.ENDED:
                    calls = {"escalate"}
                    waiting = session.exec(select(Timer).where(Timer.subject == incident.id, Timer.status == "pending"))
                    assert not calls & {timer.kind for timer in waiting}, "an ended incident calls nobody"

    def every_move_has_its_line(self, entries, rows):
        told = Counter((entry.incident_id, entry.verb) for entry in entries if entry.actor != "system")
        audited = Counter(
            (row.entity, row.action) for row in rows if row.outcome == Kind.DONE and row.actor != "system"
        )
        for key, count in told.items():
            if key[1] in MOVES:
                assert audited[key] == count, key

    def nobody_approves_their_own(self, found, votes):
        asked = {one.id: one.requested_by for one in found}
        for vote in votes:
            assert vote.by != asked[vote.approval_id]
        for one in found:
            assert one.status != "approved" or one.decided_by != one.requested_by

    def nothing_fires_twice_or_late(self, entries, timers):
        fired = Counter(entry.facts["timer"] for entry in entries if entry.facts.get("timer"))
        assert all(count == 1 for count in fired.values()), fired
        for timer in timers:
            assert timer.status != "pending" or timer.due_at > self.clock.now, (timer.kind, timer.due_at)
        answered = self.taken_at(entries)
        for entry in entries:
            if entry.verb == "escalate" and entry.facts.get("waited") and not entry.facts.get("until_resolved"):
                during = [span for span in answered if span[0] < entry.at and (span[1] is None or entry.at < span[1])]
                assert not during or entry.facts.get("quiet") or self.may_call_on(entry), (entry.facts, during)

    def may_call_on(self, entry):
        """Return whether the step goes on until it is resolved, or somebody who had it did not answer."""
        return (
            entry.facts.get("until") == "resolved"
            or entry.facts.get("why") is not None
            or bool(entry.facts.get("resumed"))
        )

    def taken_at(self, entries):
        """Return from when until when somebody had the incident."""
        spans, since = [], None
        for entry in entries:
            if entry.incident_id != self.incident:
                continue
            if entry.verb == "acknowledge":
                since = entry.at
            elif entry.verb in ("reopened", "reopen") and since is not None:
                spans.append((since, entry.at))
                since = None
        return [*spans, *([(since, None)] if since else [])]

    def clocks_are_of_one_mind(self, found):
        for clock in found:
            assert clock.due_at >= clock.started_at
            assert clock.met_at is None or clock.stopped_at is None or clock.kind == "update", clock
            assert clock.breached_at is None or clock.breached_at >= clock.started_at

    def teardown(self):
        if hasattr(self, "services"):
            self.services.database.dispose()
            shutil.rmtree(self.scratch, ignore_errors=True)


@pytest.mark.parametrize("examples", [8])
def test_any_night(night_of_e, examples):
    machine = type("ThisNight", (Night,), {"folder": night_of_e})
    quick = settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=quick)
