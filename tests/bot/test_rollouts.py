"""Promotion and rollback: asked for, approved by another person, done step by step, or back to what it was."""

import sys
import time
from datetime import timedelta

import pytest
from sqlmodel import select

from analysis.errors import Missing, NotAllowed, NotYou
from analysis.response.outcomes import Kind
from analysis.response.rollouts import Step
from analysis.telling import Telling
from bot import rollouts
from bot.integrations.errors import Permanent, TryLater, Uncertain
from bot.operations import rolling, versions
from bot.operations.versions import Wish
from storage import baselines, failpoints, oversight, registry, timers
from storage import rollouts as stored
from storage.tables import Incident, ModelVersion, OversightChange, Owed, RetrainRequest
from templates.slack import rollout
from tests.bot.lived import (
    ENGINEER,
    INCIDENT,
    LEAD,
    MODEL,
    ONCALL,
    actions,
    all_incidents,
    at,
    do,
    entries,
    found,
    later,
    lesser,
    looked,
    report,
    says,
    taken,
)  # fmt: skip
from tests.bot.lived import newest as newest_decision
from tests.bot.rolled import (
    NEW,
    NOW,
    OLD,
    OWNER,
    approve,
    asked,
    elsewhere,
    known,
    newest,
    register,
    run,
    state,
    with_policy,
)  # fmt: skip

# What is claimed and settled is told on both databases; the rest is the same on either.
pytestmark = pytest.mark.databases("sqlite")

BEFORE = {"champion": NOW, "last_known_good": OLD}
PROMOTED = {"champion": NEW, "last_known_good": OLD}  # the incident is about what served


ON_BOTH = pytest.mark.databases("sqlite", "postgresql")


@pytest.fixture
def services(night):
    """The night of the fairness alert, with versions of its model."""
    for made in taken(night):
        yield known(made)


def version(services, name):
    with services.database.read() as session:
        return registry.version(session, MODEL, name)


@ON_BOTH
def test_a_promotion_moves_names_gate_and_freeze_and_is_told(services):
    do(services, "freeze", ONCALL, level="4", reason="unfair")
    do(services, "freeze", ONCALL, level="4", reason="unfair", segment="sex=Female")
    asked(services, "promote")
    ended = run(services)
    assert (ended.status, state(services)[:2]) == ("done", (PROMOTED, 1))
    assert (ended.from_version, ended.requested_by, ended.approved_by) == (NOW, ENGINEER, OWNER)
    assert [one["version"] for one in entries(services, "promoted")] == [NEW]
    assert found(services).state == "remediating"
    assert actions(services).count("rollout_step") == len(ended.snapshot["steps"])


@ON_BOTH
def test_a_rollback_brings_the_last_good_version_back_and_blocks_the_other_until_it_is_resolved(services):
    asked(services, "rollback", by=ONCALL)
    assert run(services).status == "done"
    assert state(services)[:2] == ({"champion": OLD, "last_known_good": OLD}, 1)
    assert version(services, NOW).blocked_by == INCIDENT
    assert found(services).contained_at is not None
    candidate_of_now = do(services, "rollback", ONCALL, version=NOW, reason="back")
    assert "is blocked" in says(candidate_of_now)
    assert do(services, "resolve", ONCALL, note="done").changed
    assert version(services, NOW).blocked_by is None


@pytest.mark.parametrize(
    ("severity", "blocked", "good"),
    [("medium", None, NOW), ("high", None, OLD), ("high", "INC-2026-01-001", NOW)],
)
def test_what_served_is_known_good_unless_it_is_the_trouble_and_there_is_another(services, severity, blocked, good):
    lesser(services, severity)
    change(services, ModelVersion, ("version", OLD), blocked_by=blocked)
    asked(services, "promote")
    run(services)
    assert state(services)[0] == {"champion": NEW, "last_known_good": good}
    assert entries(services, "promoted")[0]["good"] == good


@ON_BOTH
def test_an_incident_that_begins_anew_blocks_what_it_had_rolled_back(services):
    asked(services, "rollback", by=ONCALL)
    run(services)
    do(services, "resolve", ONCALL, note="done")
    assert do(services, "reopen", ONCALL, reason="it is not").changed
    assert (version(services, NOW).blocked_by, version(services, NOW).blocked_why) == (INCIDENT, "rolled back by RBK-1")
    assert entries(services, "reopen")[0]["blocked"] == [NOW]
    assert actions(services).count("blocked") == 1
    asked(services, "reverse", approval="APR-2")
    run(services)
    do(services, "resolve", ONCALL, note="it was upstream")
    assert do(services, "reopen", ONCALL, reason="again").changed
    assert version(services, NOW).blocked_by is None


def test_what_came_back_into_service_since_is_not_blocked_anew(services):
    asked(services, "rollback", by=ONCALL)
    run(services)
    do(services, "resolve", ONCALL, note="done")
    register(services, champion=NOW)
    do(services, "reopen", ONCALL, reason="it is not")
    assert version(services, NOW).blocked_by is None


def test_a_retired_version_stays_so_whatever_becomes_of_the_incident(services):
    asked(services, "rollback", by=ONCALL)
    run(services)
    wish = Wish(LEAD, MODEL, NOW, "its data were never cleared")
    assert versions.retire(services, wish)
    assert not versions.retire(services, wish)
    assert "retired: its data were never cleared" in says(do(services, "reverse", LEAD, reason="why"))
    do(services, "resolve", ONCALL, note="done")
    assert version(services, NOW).blocked_by == "retired"
    do(services, "reopen", ONCALL, reason="it is not")
    assert versions.readmit(services, wish)
    assert version(services, NOW).blocked_by == INCIDENT  # whose rollback still stands
    with pytest.raises(Missing, match=f"blocked for {INCIDENT}"):
        versions.readmit(services, wish)
    for kept, why in ((OLD, "champion and last_known_good"), (NEW, None)):
        if why is None:
            assert versions.retire(services, Wish(LEAD, MODEL, kept, "x"))
            continue
        with pytest.raises(Missing, match=why):
            versions.retire(services, Wish(LEAD, MODEL, kept, "x"))
    assert "retired" in says(do(services, "promote", ENGINEER, candidate="RTR-1", reason="x"))


def test_a_version_that_failed_its_validation_is_no_way_back(services):
    change(services, ModelVersion, ("version", NEW), details={"validation": "failed", "judged_as": "RTR-1"})
    assert "did not pass its validation (RTR-1)" in says(do(services, "rollback", ONCALL, version=NEW, reason="x"))
    with pytest.raises(Missing, match="did not pass its validation"):
        versions.point(services, Wish(LEAD, MODEL, NEW), "last_known_good")


def test_a_freeze_of_an_incident_that_was_merged_into_this_one_gives_way_with_it(services):
    with services.transaction() as session:
        mine = session.get(Incident, INCIDENT)
        session.add(Incident(**mine.model_dump() | {"id": "INC-2026-03-009"}))
    assert do(services, "freeze", ONCALL, incident="INC-2026-03-009", level="4", reason="unfair").changed
    assert "frozen for INC-2026-03-009" in says(do(services, "promote", ENGINEER, candidate="RTR-1", reason="x"))
    assert do(services, "merge", LEAD, incident="INC-2026-03-009", into=INCIDENT, reason="the same").changed
    asked(services, "promote")
    assert run(services).status == "done"
    assert state(services)[1] == 1


def test_what_nobody_can_read_is_promoted_only_with_that_said(services):
    change(services, ModelVersion, ("version", NEW), artefact="models:/income/3")
    asked(services, "promote")
    ended = run(services)
    assert ended.status == "done"
    assert "no place that can be read from here" in ended.steps["check"]["unchecked"]
    assert "no place that can be read from here" in version(services, NEW).unread
    with services.database.read() as session:
        shown = rollout.message(stored.view(session, ended.id)).blocks[0]["text"]["text"]
    assert "⚠️ The registry is as it was. *Nobody can say whether the version is what was registered*" in shown


def test_a_reverse_takes_a_rollback_back_within_a_day(services):
    assert "none to take back" in says(do(services, "reverse", LEAD, reason="why"))
    asked(services, "rollback")
    run(services)
    asked(services, "reverse", approval="APR-2")
    assert run(services).status == "done"
    assert state(services)[0]["champion"] == NOW
    assert version(services, NOW).blocked_by is None
    asked(services, "rollback", approval="APR-3")
    run(services)
    services.clock.forward(hours=25)
    assert "longer ago than a day" in says(do(services, "reverse", LEAD, reason="why"))


def test_only_the_product_owner_approves_by_the_word_and_nobody_their_own(services):
    assert do(services, "promote", OWNER, candidate="RTR-1", reason="x").error.reason == NotAllowed.reason
    assert do(services, "promote", ENGINEER, candidate="RTR-1", reason="x").kind is Kind.REQUESTED
    for word in ("", "promote", "YES"):
        outcome = approve(services, word=word)
        assert isinstance(outcome.error, Missing), word
        assert "has to be PROMOTE" in says(outcome)
    assert isinstance(approve(services, by=LEAD, word="PROMOTE").error, NotAllowed)
    assert isinstance(approve(services, by=ENGINEER, word="PROMOTE").error, NotYou)
    assert newest(services) is None
    assert approve(services, word=" PROMOTE ").kind is Kind.DONE
    assert approve(services, word="PROMOTE").kind is Kind.ALREADY
    assert newest(services).status == "queued"
    again = do(services, "promote", LEAD, candidate="RTR-1", reason="x")
    assert (again.kind, again.facts["rollout"]) == (Kind.ALREADY, "PRM-1")


def change(services, table, name, **values):
    with services.transaction() as session:
        row = session.exec(select(table).where(getattr(table, name[0]) == name[1])).one()
        for key, value in values.items():
            setattr(row, key, value)
        session.add(row)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mismatch": "the artefact differs"}, "its checksum differs (the artefact differs)"),
        ({"blocked_by": "INC-2026-01-001", "blocked_why": "unfair"}, "is blocked (INC-2026-01-001: unfair)"),
    ],
)
def test_what_is_not_as_registered_or_blocked_is_not_promoted(services, values, words):
    change(services, ModelVersion, ("version", NEW), **values)
    assert words in says(do(services, "promote", ENGINEER, candidate="RTR-1", reason="x"))


def test_a_file_that_was_changed_after_the_approval_stops_it_and_is_an_incident_of_its_own(services):
    asked(services, "promote")
    (services.data / f"model-{NEW}.bin").write_text("something else")
    ended = run(services)
    assert (ended.status, state(services)[:2]) == ("undone", (BEFORE, 0))
    assert "its checksum differs" in ended.error
    assert len(all_incidents(services)) == 2


def test_what_did_not_pass_does_not_exist_or_serves_already_is_refused(services):
    assert "has to be one that has passed validation" in says(
        do(services, "promote", ENGINEER, candidate="RTR-9", reason="x")
    )
    assert "no registered version" in says(do(services, "rollback", ENGINEER, version="7", reason="x"))
    assert "serves already" in says(do(services, "rollback", ENGINEER, version=NOW, reason="x"))
    change(services, RetrainRequest, ("id", "RTR-1"), status="failed")
    assert "there is none" in says(do(services, "promote", ENGINEER, candidate=NEW, reason="x"))


def test_a_model_frozen_for_another_incident_takes_no_promotion(services):
    with services.transaction() as session:
        mine = session.get(Incident, INCIDENT)
        session.add(Incident(**mine.model_dump() | {"id": "INC-2026-03-009"}))
        session.flush()
        held = OversightChange(
            model_id=MODEL, sequence=0, level=3, reason="x", incident_id="INC-2026-03-009", by=LEAD,
            at=services.clock(),
        )  # fmt: skip
        oversight.change(session, held)
    assert "frozen for INC-2026-03-009" in says(do(services, "promote", ENGINEER, candidate="RTR-1", reason="x"))


ERRORS = {
    "permanent": Permanent("no such alias"),
    "later": TryLater("busy", after=1),
    "uncertain": Uncertain("the answer was lost"),  # though it was done
}
FAILS = [("promote", "permanent"), ("promote", "uncertain"), ("rollback", "permanent"), ("rollback", "later")]


@pytest.mark.parametrize(("verb", "error"), FAILS)
def test_a_registry_that_fails_once_at_any_call_leaves_the_old_state_or_the_new(services, verb, error):
    whole = elsewhere(services)
    asked(services, verb)
    assert run(services, lambda *_: whole).status == "done"
    for number in range(1, len(whole.calls) + 1):
        _put_back(services)
        other = elsewhere(services, wrong={number: ERRORS[error]}, does_it=error == "uncertain")
        asked(services, verb, approval=f"APR-{number + 1}")
        ended = run(services, lambda *_, other=other: other)
        names = state(services)[0]
        assert {name: of for name, of in other.names.items() if of} == names, number
        if error == "permanent":
            assert (ended.status, names) == ("undone", BEFORE), number
        else:
            assert (ended.status, names["champion"]) == ("done", NEW if verb == "promote" else OLD), number


def _put_back(services):
    """Let the old version serve again, as if nothing had been."""
    register(services, **BEFORE)
    with services.transaction() as session:
        for one in session.exec(select(ModelVersion)):
            one.blocked_by = None
            session.add(one)


def test_one_that_cannot_even_be_taken_back_pauses_the_model_and_says_so_loudly(services):
    other = elsewhere(services, wrong={3: Permanent("gone")}, for_good=True)
    asked(services, "rollback")
    ended = run(services, lambda *_: other)
    assert ended.status == "failed"
    assert state(services)[1] == 4
    (told,) = entries(services, "rollout_failed")
    assert (told["by"], told["approver"]) == (ENGINEER, OWNER)
    with services.database.read() as session:
        notice = [row.data for row in session.exec(select(Owed).where(Owed.kind == "notice"))]
    assert [one["rollout"] for one in notice if one["about"] == "rollout_failed"] == [ended.id]


def test_a_registry_that_stays_away_is_given_up_after_the_time_of_the_policy(services):
    with_policy(services)
    other = elsewhere(services, wrong={3: TryLater("away")}, for_good=True)
    asked(services, "promote")
    loop = rollouts.Rollouts(services, lambda *_: other)
    for _ in range(100):
        if newest(services).status == "undoing":
            break
        loop.step() or services.clock.forward(seconds=5)
    assert "again and again" in newest(services).error
    other.wrong = {}
    assert run(services, lambda *_: other).status == "undone"
    assert (state(services)[0], other.names) == (BEFORE, BEFORE)


@ON_BOTH
def test_one_that_hangs_while_it_is_taken_back_is_told_and_rings_until_it_is(services):
    other = elsewhere(services, wrong={4: Permanent("no such alias"), 5: TryLater("away")}, for_good=True)
    asked(services, "promote")
    loop = rollouts.Rollouts(services, lambda *_: other)
    while loop.step():
        other.wrong.pop(4, None) if newest(services).status == "undoing" else None
    assert newest(services).status == "undoing"
    stand_still(services, loop, minutes=6)
    (told,) = entries(services, "rollout_hangs")
    assert (told["undoing"], told["error"], told["by"], told["approver"]) == (True, "away", ENGINEER, OWNER)
    assert ONCALL in told["people"]
    stand_still(services, loop, minutes=20)
    assert len(entries(services, "rollout_hangs")) == 1
    stand_still(services, loop, minutes=20)
    assert len(entries(services, "rollout_hangs")) == 2
    other.wrong = {}
    assert run(services, lambda *_: other).status == "undone"
    with services.database.read() as session:
        assert timers.next_of(session, newest(services).id, "rollout_hangs") is None
    later(services, hours=2)
    assert len(entries(services, "rollout_hangs")) == 2


def stand_still(services, loop, minutes):
    """Let so much time go by, with a try each minute."""
    for _ in range(minutes):
        later(services, minutes=1)
        loop.step()


def test_one_that_gets_on_is_not_told_to_hang(services):
    asked(services, "promote")
    run(services)
    later(services, hours=1)
    assert entries(services, "rollout_hangs") == []


def test_an_alias_that_somebody_moved_meanwhile_stops_it(services):
    other = elsewhere(services)
    other.names["champion"] = OLD
    asked(services, "promote")
    ended = run(services, lambda *_: other)
    assert ended.status == "undone"
    assert "somebody moved it" in ended.error
    assert other.names["champion"] == OLD


class Killed(BaseException):
    """The process ends here."""


POINTS = [name for name in failpoints.POINTS if name.startswith("rollout.")]


@pytest.mark.parametrize(
    ("backend", "verb", "fails"),
    [
        ("sqlite", "promote", False),
        ("sqlite", "promote", True),
        ("sqlite", "rollback", False),
        ("sqlite", "rollback", True),
        ("postgresql", "rollback", True),
    ],
    indirect=["backend"],
)
def test_killed_at_every_point_it_ends_in_the_old_state_or_the_new(services, verb, fails, monkeypatch):
    """Every second time that a point is passed: the next process goes on, and records each step once."""
    left = dict.fromkeys(POINTS, 0)

    def reach(name):
        if name == at_point:
            left[name] += 1
            if left[name] % 2:
                raise Killed

    monkeypatch.setattr(failpoints, "reach", reach)
    if fails:
        with_policy(services, health="http://127.0.0.1:9/")  # nobody answers there
    for number, at_point in enumerate(POINTS, start=1):
        _put_back(services)
        other = elsewhere(services)
        before = actions(services).count("rollout_step")
        asked(services, verb, approval=f"APR-{number}")
        ended = _killed_again_and_again(services, other)
        steps = [one for one in ended.steps.values() if "done" in one or "failed" in one]
        assert actions(services).count("rollout_step") - before == len(steps)
        assert left[at_point] >= len(steps)
        names = {name: of for name, of in other.names.items() if of}
        assert names == state(services)[0]
        if fails:
            assert (ended.status, names) == ("undone", BEFORE), at_point
        else:
            assert (ended.status, names["champion"]) == ("done", NEW if verb == "promote" else OLD), at_point


def _killed_again_and_again(services, other):
    for _ in range(100):
        try:
            return run(services, lambda *_: other)
        except Killed:
            services.clock.forward(minutes=6)  # beyond the lease
    raise AssertionError("it never came to its end")


def test_a_candidate_brings_the_baseline_of_its_validation_and_a_rollback_the_one_before(services):
    with services.database.read() as session:
        before = baselines.active(session, MODEL)
    folder = services.data / "retrain" / "RTR-1"
    folder.mkdir(parents=True)
    (folder / "profile.bin").write_bytes(before.profile)  # as if the candidate had done the same
    asked(services, "promote")
    run(services)
    after = state(services)[2]
    assert after != before.version
    with services.database.read() as session:
        made = baselines.active(session, MODEL)
    assert (made.source, made.rows, made.created_by) == ("validation of RTR-1", before.rows, ENGINEER)
    asked(services, "rollback", approval="APR-2")
    run(services)
    assert state(services)[2] == before.version
    asked(services, "reverse", approval="APR-3")
    run(services)
    assert state(services)[2] == after


def test_what_fails_after_the_switch_brings_the_baseline_back_too(services):
    with_policy(services, health="http://127.0.0.1:9/")
    before = state(services)
    folder = services.data / "retrain" / "RTR-1"
    folder.mkdir(parents=True)
    with services.database.read() as session:
        (folder / "profile.bin").write_bytes(baselines.active(session, MODEL).profile)
    asked(services, "promote")
    ended = run(services)
    assert (ended.status, state(services)) == ("undone", before)
    assert "the service does not answer" in ended.error
    (told,) = entries(services, "rollout_undone")
    assert "the service does not answer" in told["error"]


def test_a_rollback_that_fails_leaves_a_critical_model_paused_not_free(services):
    with_policy(services, health="http://127.0.0.1:9/")
    asked(services, "rollback")
    assert run(services).status == "undone"
    assert state(services)[:2] == (BEFORE, 4)
    assert entries(services, "frozen_by_rollout")[0]["level"] == 4


def test_pipeline_and_test_set_are_run_once_each_and_what_they_say_counts(services):
    left = services.data / "left.txt"
    note = f"import os; open({str(left)!r}, 'a').write(os.environ['ETHIXBOT_VERSION'] + ' ')"
    fails = (sys.executable, "-c", "print('three cases differ'); raise SystemExit(3)")
    with_policy(services, command=(sys.executable, "-c", note), test=fails)
    do(services, "freeze", ONCALL, level="3", reason="unfair")
    asked(services, "rollback")
    loop, end = rollouts.Rollouts(services), time.monotonic() + 20
    while newest(services).status in ("queued", "running", "undoing"):
        assert time.monotonic() < end
        if not loop.step():
            services.clock.forward(seconds=2)
            time.sleep(0.02)  # the commands are real processes
    assert (newest(services).status, state(services)[:2]) == ("undone", (BEFORE, 3))
    assert left.read_text() == f"{OLD} {NOW} "
    assert "ended with code 3: three cases differ" in newest(services).error


@pytest.mark.parametrize("named", [{"health": "http://127.0.0.1:9"}, {"command": ("true",)}, {"test": ("true",)}])
def test_what_the_policy_names_no_more_once_it_has_begun_is_left_out(services, named):
    with_policy(services, **named)
    asked(services, "rollback")
    with_policy(services, **dict.fromkeys(named, None if "health" in named else ()))
    ended = run(services)
    assert ended.status == "done"
    with services.database.read() as session:
        assert "left out, the policy names none now" in str(rollout.message(stored.view(session, ended.id)).blocks)


def test_nothing_is_blocked_for_an_incident_that_ended_while_it_was_rolled_back(services):
    asked(services, "rollback")
    assert do(services, "resolve", ONCALL, note="done").changed
    assert run(services).status == "done"
    assert version(services, NOW).blocked_by is None


def watch(services, kept, minutes):
    """Let so much of the watch go by, a check with that outcome each time one is due."""
    later(services, minutes=minutes)
    return looked(services, kept)


def test_the_watch_checks_more_often_tells_recurrence_at_once_and_ends(services):
    with_policy(services, watch=timedelta(minutes=30))
    do(services, "freeze", ONCALL, level="4", reason="unfair")
    asked(services, "promote")
    run(services)
    since = newest_decision(services)
    fresh = since + timedelta(hours=1), since + timedelta(hours=2)
    watch(services, at(report(services, well=True), *fresh), 11)
    assert entries(services, "rollout_recurred") == []
    watch(services, at(report(services, well=False), *fresh), 11)
    (told,) = entries(services, "rollout_recurred")
    assert (told["alerts"], told["by"]) == (["ALR-1001"], ENGINEER)
    later(services, minutes=20)
    (over,) = entries(services, "rollout_watched")
    assert (over["checks"], over["back"], over["lifted"]) == (2, ["ALR-1001"], False)
    assert state(services)[1] == 1


def test_a_watch_that_goes_well_ends_the_increased_monitoring(services):
    with_policy(services, watch=timedelta(minutes=15))
    asked(services, "promote")
    run(services)
    assert state(services)[1] == 1
    watch(services, report(services, well=True), 11)
    later(services, minutes=20)
    (over,) = entries(services, "rollout_watched")
    assert (over["checks"], over["back"], over["lifted"], over["window"]) == (1, [], True, "before")
    assert state(services)[1] == 0


def test_a_freeze_made_meanwhile_is_not_lifted(services):
    asked(services, "promote")
    do(services, "freeze", ONCALL, level="4", reason="wait")
    run(services)
    assert state(services)[:2] == (PROMOTED, 4)


def test_stakeholders_are_told_of_a_rollback(services):
    row = Telling(name="board", stage="rolled_back", to=("ceo",))
    services.policy = services.policy.model_copy(update={"stakeholders": (row,)})
    asked(services, "rollback")
    assert entries(services, "told") == []
    run(services)
    assert [one["name"] for one in entries(services, "told")] == ["board"]


def test_what_was_rolled_back_stays_blocked_where_its_incident_is_merged_into_another(services):
    asked(services, "rollback")
    run(services)
    with services.transaction() as session:
        mine = session.get(Incident, INCIDENT)
        session.add(Incident(**mine.model_dump() | {"id": "INC-2026-03-009"}))
    assert do(services, "merge", LEAD, into="INC-2026-03-009", reason="the same").changed
    assert version(services, NOW).blocked_by == "INC-2026-03-009"
    assert newest(services).incident_id == "INC-2026-03-009"


@ON_BOTH
def test_who_wakes_up_after_another_took_over_records_nothing(services):
    asked(services, "promote")
    with services.database.write() as session:
        late = stored.claim(session, services.clock(), rollouts.LEASE)
    services.clock.forward(minutes=6)
    ended, before = run(services), state(services)
    told = actions(services)
    check = rollouts.STEPS[Step.CHECK]
    assert not rolling.done(services, late, check, {})
    assert not rolling.turns_back(services, late, check, "too late")
    assert not rolling.waits(services, late, check, "too late")
    assert (newest(services), state(services), actions(services)) == (ended, before, told)
