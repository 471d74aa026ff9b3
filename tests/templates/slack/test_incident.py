"""The incident's message: what stands first, what each state changes, and that nothing from outside breaks it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analysis.vocabulary import Family, Severity, State
from storage.rollouts import Serving
from storage.tables import Rollout
from templates.slack import incident, limits, link

CASES = [(family, state) for family in Family for state in State]


def text_of(message) -> str:
    return str(message.blocks)


@pytest.mark.parametrize(("family", "state"), CASES)
def test_every_family_in_every_state_is_within_slack_s_limits(make, now, family, state):
    message = incident.message(make.handled(make.view(family, state)), now)
    assert limits.lint(message.blocks, message.text) == []


@pytest.mark.parametrize(("family", "state"), CASES)
def test_nasty_names_neither_ring_nor_break_it(make, now, family, state):
    view = make.handled(make.view(family, state, name=make.nasty, many=200), make.nasty)
    view.model.name = make.nasty
    message = incident.message(view, now)
    assert limits.lint(message.blocks, message.text) == []
    markup = [one["text"] for one in texts(message.blocks) if one["type"] == "mrkdwn"]
    assert not any(bad in one for one in [*markup, message.text] for bad in ("<!channel>", "<script>"))


def texts(node) -> list[dict]:
    if isinstance(node, dict):
        own = [node] if node.get("type") in ("mrkdwn", "plain_text") else []
        return own + [found for child in node.values() for found in texts(child)]
    return [found for child in node for found in texts(child)] if isinstance(node, list) else []


def test_it_says_how_bad_what_to_whom_and_by_when(make, now):
    message = incident.message(make.view(), now)
    first = message.blocks[0]["text"]["text"]
    assert first.startswith("🔴 Critical · ")
    assert "28 % of Female applicants are approved, against 45 % of Male" in text_of(message)
    assert "703 decisions" in text_of(message)
    assert "*0.63* · limit 0.80" in text_of(message)
    assert "acknowledge by <!date^" in text_of(message)
    assert "80 % rule" in text_of(message)


def test_the_notification_is_one_line_with_the_id(make, now):
    text = incident.message(make.view(), now).text
    assert "\n" not in text
    assert text.endswith("INC-2026-11-007")


def test_the_channel_is_rung_only_when_told(make, now):
    assert "<!channel>" not in text_of(incident.message(make.view(), now))
    loud = incident.message(make.view(), now, to_everyone=True)
    assert loud.text.startswith("<!channel> ")
    assert "<!channel>" in text_of(loud)


def test_a_late_acknowledgement_is_said(make, now):
    assert "Overdue" in text_of(incident.message(make.view(), now + timedelta(hours=1)))


def test_without_a_clock_nothing_is_owed_by_a_time(make, now):
    view = make.view(clocks=())
    assert "Nobody has it yet." in text_of(incident.message(view, now))


def test_many_consequences_are_counted_not_listed(make, now):
    message = incident.message(make.view(many=200), now)
    assert text_of(message).count("• ") == incident.MOST_CONSEQUENCES + 1
    assert "more in the report" in text_of(message)


def test_a_second_alert_is_told_among_what_else_was_seen(make, now):
    first, second = make.view(), make.view(Family.QUALITY)
    view = replace(first, alerts=(*first.alerts, *second.alerts))
    assert "is missing in 33 %" in text_of(incident.message(view, now))


def test_a_repeat_is_counted_in_place(make, now):
    view = make.view()
    view.alerts[0].repeats = 3
    assert "seen in 3 runs" in text_of(incident.message(view, now))


def test_a_recovered_incident_says_so(make, now):
    view = make.view()
    view.alerts[0].state, view.alerts[0].recovered_at = "recovered", now
    assert "Back within its limits" in text_of(incident.message(view, now))


def test_what_was_found_well_before_another_version_served_is_not_called_well(make, now):
    view = make.view()
    view.alerts[0].state, view.alerts[0].recovered_at = "recovered", now
    about = {"model_id": "m", "to_version": "2.0.0", "reason": "r", "requested_by": "U1", "requested_at": now}
    for ended, is_well in ((now - timedelta(hours=1), True), (now + timedelta(hours=1), False)):
        back = Rollout(id="RBK-2", kind="reverse", status="done", next_at=now, finished_at=ended, **about)
        back.snapshot = {"steps": []}
        shown = text_of(incident.message(replace(view, serving=Serving({}, {}, rollouts=(back,))), now))
        assert ("*Back within its limits* since" in shown) == is_well
        assert ("before `2.0.0` served" in shown) != is_well


def test_a_drill_is_marked_in_the_title_and_the_text(make, now):
    view = make.view()
    view.incident.is_drill = True
    message = incident.message(view, now)
    assert message.blocks[0]["text"]["text"].startswith("🧪 Drill")
    assert "This is a drill" in text_of(message)


def test_a_resolved_incident_is_short_and_says_how_it_ended(make, now):
    view = make.handled(make.view(state=State.RESOLVED), "went back to 1.0.0")
    message = incident.message(view, now)
    assert message.blocks[0]["text"]["text"].startswith("✅ Resolved")
    assert "“went back to 1.0.0”" in text_of(message)
    assert "Also seen" not in text_of(message)
    assert len(message.blocks) < len(incident.message(make.view(), now).blocks)


def test_a_restraint_shows_its_level_reason_and_person(make, now):
    shown = text_of(incident.message(make.handled(make.view(state=State.CONTAINED), "biased"), now))
    assert "level 4, paused" in shown
    assert "<@U0ONCALL01>" in shown
    assert "“biased”" in shown


@pytest.mark.parametrize("details", [{}, {"cause": None}, {"finding": 3}, {"family": "fairness"}])
def test_an_alert_of_another_version_still_gives_a_message(make, now, details):
    view = make.view()
    view.alerts[0].details = details
    message = incident.message(replace(view, report=details), now)
    assert limits.lint(message.blocks, message.text) == []


def test_an_incident_without_an_alert_still_gives_a_message(make, now):
    view = replace(make.view(), alerts=(), timeline=(), report={}, permalink=None)
    message = incident.message(view, now)
    assert limits.lint(message.blocks, message.text) == []


@pytest.mark.parametrize("severity", Severity)
def test_each_severity_has_its_sign(make, now, severity):
    title = incident.message(make.view(severity=severity), now).blocks[0]["text"]["text"]
    assert severity.value in title.lower()


def test_the_same_view_gives_the_same_message(make, now):
    assert incident.message(make.view(), now) == incident.message(make.view(), now)


def test_the_line_in_another_channel_links_to_the_message(make):
    message = link.message(make.view())
    assert "<https://x.test/1|INC-2026-11-007>" in text_of(message)
    assert limits.lint(message.blocks, message.text) == []


def test_the_line_names_the_channel_while_there_is_no_link(make):
    assert "#ethixai-incidents" in text_of(link.message(replace(make.view(), permalink=None)))
