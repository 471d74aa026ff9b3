"""Any night: random people press anything, the clock jumps, the bot restarts; whatever happens, the record holds.

The same operations as every door leads to, in one of two bots; nothing is delivered. What time does is judged as in
`tests.chaos`. Hypothesis prints the steps of what it finds.
"""

import json
import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from analysis.errors import Refused
from analysis.response import fields, life, quiet
from analysis.response.life import MOVES
from analysis.response.outcomes import Kind
from analysis.rotas import Order, Rota
from analysis.vocabulary import Family, Role, State
from bot import keys, schedule
from bot.demo import demo
from bot.localslack.people import PEOPLE
from bot.operations import approvals, detection, incidents, oncall, quieting
from bot.operations.deciding import Decision
from bot.operations.doing import Request
from bot.services import SYSTEM, Services
from storage import audit, policies
from storage import incidents as stored
from storage.database import Database
from storage.tables import (
    Approval,
    AuditRow,
    ChecklistStep,
    Clock,
    FollowUp,
    Incident,
    Owed,
    Person,
    Quiet,
    Run,
    TimelineEntry,
    Timer,
    Vote,
)
from templates.verbs import VERBS
from tests.chaos.facts import Facts
from tests.chaos.timing import doubled_timers, lost_timers, untimely
from tests.world import START, StillClock

IDS = [person.id for person in PEOPLE.values()]
WORDS = ["It harms women", "Release 7"]
NONSENSE = ["", "too long", "nonsense", "2020-01-01"]
BY_ITSELF = {"opened", "reopened", "clock_breached", "watch_over", "asked_still"}  # told in the thread, and audited
SHIFTS = tuple(PEOPLE[one].email for one in ("oncall", "ml_engineer"))
ROTA = Rota(name="on_call", orders=[Order(since=date(2026, 2, 2), primary=SHIFTS, secondary=SHIFTS[::-1])])
LOOKS = timedelta(milliseconds=1)  # the clock goes on a little at each look
LATEST = timedelta(seconds=2)  # after a jump the timers fire at once; they are this late at most, and by the jump


class Night(RuleBasedStateMachine):
    """One incident, whoever comes by."""

    folder: Path  # of a night in which the break was just found

    @initialize()
    def begin(self):
        self.scratch = Path(tempfile.mkdtemp())
        shutil.copytree(self.folder, self.scratch, dirs_exist_ok=True)
        self.clock = StillClock(START + timedelta(minutes=1))
        self.late, self.settled = timedelta(minutes=1) + LATEST, START
        self.start()
        with self.services.database.write() as session:
            for one in PEOPLE.values():
                mail = f"{one.handle}@ethixai.local"
                session.merge(Person(id=one.id, handle=one.handle, name=one.name, email=mail, checked_at=START))
        with self.services.database.read() as session:
            self.incident = session.exec(select(Incident.id)).one()
            self.found = session.exec(select(Run.report).where(Run.purpose == "check")).one()
        self.settle()

    def start(self):
        """Start both bots; the first is the one that is asked."""
        policy = policies.parse(demo.policy_text(self.scratch, demo.DATA), "test")
        roles = {role: who for role, who in policy.roles.items() if role is not Role.ON_CALL}
        self.policy = policy.model_copy(update={"rotas": (ROTA,), "roles": roles})
        self.bots = [self.bot(), self.bot()]

    def bot(self):
        database = Database(f"sqlite:///{self.scratch / 'ethixbot.db'}")
        made = Services(database, self.policy, self.scratch, keys.load(self.scratch / "data"), self.clock)
        made.directory = lambda people: None  # what Slack says of people is what the database has
        return made

    @property
    def services(self):
        return self.bots[0]

    def settle(self):
        """Let the two bots fire what is due, in turn."""
        for number in range(500):
            if not schedule.fire(self.bots[number % 2]):
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

    @rule(who=st.sampled_from(["oncall", "ml_lead", "cto"]))
    def somebody_takes_it(self, who):
        """Acknowledge it, or say again that one is on it: most nights begin so."""
        state = State(self.seen().incident.state)
        self.press("acknowledge" if state is State.DETECTED else "still_on_it", PEOPLE[who].id, state, {})

    @rule(who=st.sampled_from(IDS), verb=st.sampled_from(["approve", "approve", "decline"]))
    def decide(self, who, verb):
        """Say yes or no to what waits for a second person, whoever one is."""
        with self.services.database.read() as session:
            waiting = session.exec(select(Approval.id).where(Approval.status == "pending")).first()
        if waiting:
            approvals.decide(self.services, Decision(verb, waiting, who, reason="no"))

    @rule(minutes=st.sampled_from([1, 4, 16, 16, 61, 61, 5 * 60, 26 * 60, 9 * 24 * 60]))
    def time_goes_by(self, minutes):
        self.settled, self.late = self.clock.now, timedelta(minutes=minutes) + LATEST
        self.clock.forward(minutes=minutes)
        self.settle()

    @rule(who=st.sampled_from(IDS))
    def somebody_leaves_or_comes_back(self, who):
        with self.services.database.write() as session:
            person = session.get(Person, who)
            person.is_active = not person.is_active
            session.add(person)

    @rule(role=st.sampled_from(Role))
    def a_role_is_taken_away_or_given_back(self, role):
        """Change the policy between what is shown and what is pressed."""
        for bot in self.bots:
            kept = {name: who for name, who in bot.policy.roles.items() if name is not role}
            given = self.policy.roles.get(role)
            back = {role: given} if given and role not in bot.policy.roles else {}
            bot.policy = bot.policy.model_copy(update={"roles": kept | back})

    @rule(who=st.sampled_from(IDS), person=st.sampled_from(IDS), until=st.sampled_from(["+8h", "+3d"]))
    def somebody_takes_a_shift(self, who, person, until):
        oncall.change(self.services, oncall.Wish("override", who, {"person": person, "from": "now", "to": until}))
        self.settle()  # a shift that begins now is handed over now

    @rule(who=st.sampled_from(IDS), kind=st.sampled_from(["silence", "maintenance"]), family=st.sampled_from(Family))
    def somebody_makes_it_quiet(self, who, kind, family):
        words = f"model={demo.MODEL} family={family} for 4h the feed moves".split()
        typed = quiet.read(quiet.Kind(kind), words, self.clock.now)
        with suppress(Refused):
            quieting.change(self.services, quieting.Wish(quiet.Kind(kind), who, typed))

    @rule(well=st.booleans())
    def a_check_comes_in(self, well):
        """Let the model be looked at: by a check, or by the look at a fix that waits before it."""
        detection.request(self.services, detection.Wish(demo.MODEL, SYSTEM))
        while claimed := detection.begin(self.services, timedelta(minutes=5)):
            detection.finish(self.services, claimed[0], self.report(well=well), b"")

    def report(self, *, well):
        """Return the night's report, or one in which all is within its limits."""
        kept = json.loads(json.dumps(self.found))
        if well:
            kept["alerts"] = []
            for one in kept["results"]:
                one.update(verdict="ok", severity=None, reason="within")
        return kept

    @rule()
    def the_bot_restarts(self):
        for bot in self.bots:
            bot.database.dispose()
        self.start()

    @rule()
    def the_other_bot_is_asked(self):
        self.bots.reverse()

    def roles(self, who):
        with self.services.database.read() as session:
            return self.services.roles(session, who)

    @invariant()
    def the_record_holds(self):
        with self.services.database.read() as session:
            count, faults = audit.verify(session)
            assert not faults
            tables = (TimelineEntry, Timer, Clock, ChecklistStep, Quiet, Approval, FollowUp, Incident, Owed, Run)
            timeline, timers, clocks, steps, quiets, wishes, follow_ups, found, owed, runs = (
                session.exec(select(table).order_by(table.id)).all() for table in tables
            )
            rows = [session.get(AuditRow, seq + 1) for seq in range(count)]
            votes = session.exec(select(Vote)).all()
        kept = {"timeline": timeline, "timers": timers, "clocks": clocks, "steps": steps, "quiets": quiets}
        kept |= {"approvals": wishes, "follow_ups": follow_ups, "incidents": found, "owed": owed, "runs": runs}
        facts = Facts(self.clock.now, audit=rows, **kept)
        self.every_change_has_its_line(facts)
        self.every_state_is_where_its_moves_lead(facts)
        self.nobody_approves_their_own(wishes, votes)
        self.time_does_all_once(facts)
        self.clocks_are_of_one_mind(clocks)

    def every_change_has_its_line(self, facts):
        """What people did, each way; and what the bot did by itself and tells in the thread."""
        mine = [(one.incident_id, one.verb, one.actor == "system") for one in facts.timeline]
        told = Counter(one for one in mine if one[1] in BY_ITSELF or (one[1] in MOVES and not one[2]))
        lines = [row for row in facts.audit if row.outcome == Kind.DONE]
        lines = [(row.entity, row.action, row.actor == "system") for row in lines]
        audited = Counter(one for one in lines if one[1] in BY_ITSELF or (one[1] in MOVES and not one[2]))
        assert told == audited

    def every_state_is_where_its_moves_lead(self, facts):
        """Replay what was told: no move is lost, and none was made from where it may not be."""
        for incident in facts.incidents:
            state = None
            for entry in (one for one in facts.timeline if one.incident_id == incident.id):
                if entry.verb in ("opened", "reopened"):
                    state = State.DETECTED
                elif entry.verb == "close" and state is State.ACCEPTED_RISK:
                    assert entry.facts.get("quiet"), "only the end of its acceptance closes an accepted risk"
                    state = State.CLOSED
                elif entry.verb in MOVES and not entry.facts.get("waited"):
                    state = life.make(entry.verb, state, MOVES[entry.verb].by)
            assert state == incident.state, incident.id

    def nobody_approves_their_own(self, found, votes):
        asked = {one.id: one.requested_by for one in found}
        for vote in votes:
            assert vote.by != asked[vote.approval_id]
        for one in found:
            assert one.status != "approved" or one.decided_by != one.requested_by

    def time_does_all_once(self, facts):
        """Nothing is lost, told twice, or done though it was answered; nothing is later than the clock jumped."""
        lost = [key for key in lost_timers(facts) if not key.startswith("hand_over")]  # told where it changes hands
        assert (lost, doubled_timers(facts), untimely(facts)) == ([], [], [])
        for timer in facts.timers:
            assert timer.status != "pending" or timer.due_at > self.clock.now - LOOKS, (timer.kind, timer.due_at)
            if timer.fired_at is not None and timer.fired_at > self.settled and timer.kind != "escalate":
                assert timer.fired_at - timer.due_at <= self.late, (timer.kind, timer.due_at, timer.fired_at)
        ended = {one.id for one in facts.incidents if State(one.state) in life.ENDED}
        calls = {timer.subject for timer in facts.timers if timer.kind == "escalate" and timer.status == "pending"}
        assert not ended & calls, "an ended incident calls nobody"

    def clocks_are_of_one_mind(self, found):
        for clock in found:
            assert clock.due_at >= clock.started_at
            assert clock.met_at is None or clock.stopped_at is None or clock.kind == "update", clock
            assert clock.breached_at is None or clock.breached_at >= clock.started_at

    def teardown(self):
        if hasattr(self, "bots"):
            for bot in self.bots:
                bot.database.dispose()
            shutil.rmtree(self.scratch, ignore_errors=True)


@pytest.mark.parametrize("examples", [7])
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
