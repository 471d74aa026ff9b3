"""Home, digests and the answers to `/ethix`: what needs a person first, and never too much."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analysis.vocabulary import Role, State
from templates.slack import digest, home, limits, lists, notice, reply
from templates.slack.home import Owner

ROLES = frozenset({Role.ON_CALL})


def shown(seen, now, name="Sam") -> list:
    """Return everything that an overview is drawn as."""
    messages = [reply.status(seen, now), reply.models(seen, now), digest.daily(seen, now), digest.weekly(seen, now)]
    return [*((one.blocks, one.text) for one in messages), (home.view(seen, Owner(name, ROLES), now), None)]


@pytest.mark.parametrize(("incidents", "models"), [(0, 0), (1, 1), (500, 200)])
def test_every_overview_is_within_slack_s_limits(make, now, incidents, models):
    for blocks, text in shown(make.overview(incidents, models), now):
        assert limits.lint(blocks, text) == []


def test_nasty_names_neither_ring_nor_break_an_overview(make, now):
    seen = make.overview(20, 20, name=make.nasty, parked=3)
    for blocks, text in shown(seen, now, name=make.nasty):
        assert limits.lint(blocks, text) == []
        assert "<!channel>" not in str(blocks)
        assert "<script>" not in str(blocks)


def test_all_quiet_is_said_so(make, now):
    assert "All quiet" in reply.status(make.overview(0, 2), now).text


def test_what_nobody_has_comes_first_then_the_worst_then_the_oldest(make, now):
    taken, new = make.view(state=State.ACKNOWLEDGED), make.view()
    old = make.view()
    old.incident.opened_at = now - timedelta(days=1)
    assert lists.order((taken, new, old), now) == [old, new, taken]


def test_the_time_left_runs_down_to_overdue(make, now):
    assert "11 min left" in lists.clock(make.view(), now)
    assert "Overdue by 49 min" in lists.clock(make.view(), now + timedelta(hours=1))


def test_an_incident_without_a_clock_shows_its_age(make, now):
    view = make.view(clocks=())
    assert lists.clock(view, now) == "Nobody has it yet, open for 4 min"


def test_somebody_s_incident_says_whose(make, now):
    shown = lists.clock(make.handled(make.view(state=State.CONTAINED), "Sam Whitfield"), now)
    assert "*Sam Whitfield* has it" in shown
    assert "<@" not in shown  # a digest rings nobody


def test_home_asks_first_for_what_waits_for_this_person(make, now):
    seen = make.overview(2)
    assert "Waits for you" in str(home.view(seen, Owner("Sam", ROLES), now))
    assert "Waits for you" not in str(home.view(seen, Owner("Leo", frozenset({Role.VIEWER})), now))


def test_home_of_a_stranger_says_whom_to_ask():
    assert limits.lint(home.stranger()) == []
    assert "Ask an Admin" in str(home.stranger())


def test_messages_that_could_not_be_delivered_are_not_hidden(make, now):
    assert "2 messages could not be delivered" in str(home.view(make.overview(parked=2), Owner("Sam", ROLES), now))
    assert "could not be delivered" in str(digest.daily(make.overview(parked=2), now).blocks)


def test_a_restrained_model_is_shown_with_its_level(make, now):
    seen = make.overview()
    held = replace(seen.models[0], oversight=make.handled(make.view(), "1.0.0").oversight)
    assert "level 4, paused" in str(reply.status(replace(seen, models=(held,)), now).blocks)


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (None, "Never checked yet"),
        ({"status": "failed", "error": "file gone"}, "failed <!date"),
        ({"rows": 36}, "too little to judge (36 decisions)"),
        ({}, "4,000 decisions, nothing to report"),
        ({"report": {"of": "another version"}}, "Last check <!date"),
    ],
)
def test_the_last_check_says_what_came_of_it(make, run, says):
    assert says in lists.last_check(
        None if run is None else make.run(**{"rows": 4000, **run}) if "report" not in run else made(make, run)
    )


def made(make, values):
    found = make.run()
    found.report = values["report"]
    return found


def test_the_digest_counts_what_happened(make, now):
    text = str(digest.daily(make.overview(2), now).blocks)
    assert "2 checks (1 failed)" in text
    assert "2 alerts" in text


def test_ended_incidents_stand_in_the_digest(make, now):
    ended = make.handled(make.view(state=State.RESOLVED)).incident
    text = str(digest.DIGESTS["weekly"](make.overview(resolved_since=(ended,)), now).blocks)
    assert "✅ `INC-2026-11-007`" in text
    assert "after 4 min" in text


def test_help_lists_each_command_as_it_is_typed():
    message = reply.help([("analyze", "analyze <model>", "check a model now")])
    assert limits.lint(message.blocks, message.text) == []
    assert "/ethix analyze <model>" in str(message.blocks)


@pytest.mark.parametrize("count", [0, 1, 500])
def test_alerts_are_listed_open_or_recovered(make, now, count):
    alerts = [make.view(name=make.nasty).alerts[0] for _ in range(count)]
    for alert in alerts[1:]:
        alert.state, alert.recovered_at, alert.incident_id, alert.repeats = "recovered", now, None, 3
    message = reply.alerts(alerts, now)
    assert limits.lint(message.blocks, message.text) == []


def test_a_refusal_is_escaped(make):
    message = reply.refused(make.nasty)
    assert "<!channel>" not in message.text + str(message.blocks)
    assert limits.lint(message.blocks, message.text) == []


def test_an_asked_check_says_where_its_outcome_appears():
    assert "I tell you here when it is done" in reply.analyze("income").text


@pytest.mark.parametrize(
    ("data", "rows", "says"),
    [
        ({"about": "run_ended", "alerts": []}, 4000, "Nothing to report"),
        ({"about": "run_ended", "alerts": []}, 36, "Too little to judge"),
        (
            {"about": "run_ended", "alerts": [{"became": "opened", "incident": "INC-1"}]},
            4000,
            "1 alert opened an incident",
        ),
        ({"about": "run_failed", "error": "file gone <!channel>"}, 0, "“file gone &lt;!channel&gt;”"),
        ({"about": "something_new", "error": "x"}, 0, "something new"),
        ({}, 0, "notice"),
    ],
)
def test_a_notice_says_how_a_check_went(make, data, rows, says):
    run = make.run(rows=rows) if rows else None
    message = notice.message(data, run, [make.view(name=make.nasty)] * 30)
    assert says in message.text
    assert limits.lint(message.blocks, message.text) == []
