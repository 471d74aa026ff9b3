"""A gap that the baseline has itself: said so, with what is to be decided and without a “before”."""

from dataclasses import replace

from analysis.detection.alerts import Alert
from analysis.detection.findings import Finding, Reason
from analysis.vocabulary import State
from templates import plain, steps, words
from templates.slack import incident, limits


def standing(make, state=State.DETECTED, **more):
    view = make.view(state=state, report={}, **more)
    (stored,) = view.alerts
    raised = Alert.from_json(stored.details)
    found = [replace(one, reason=Reason.STANDING, p=None, q=None) for one in (raised.lead, *raised.consequences)]
    made = replace(raised, lead=found[0], consequences=tuple(found[1:]), versions=(), segment=None)
    stored.details = made.to_json()
    return view


def test_it_says_whose_gap_it_is_and_what_to_decide(make):
    said, more = plain.told(standing(make).alerts[0])
    assert said == (
        "The reference period itself has this gap: "
        "only 28 % of Female applicants are approved, against 45 % of Male (sex)."
    )  # fmt: skip
    assert more.startswith("Accept the risk with a reason, or remedy it.")
    lead = Finding.from_json(standing(make).alerts[0].details["cause"])
    assert "as old as the baseline" in words.finding(lead)


def test_its_message_has_no_before(make, now):
    message = incident.message(standing(make), now)
    assert limits.lint(message.blocks, message.text) == []
    assert "this is the baseline itself" in str(message.blocks)
    assert "Before:" not in str(message.blocks)


def test_the_next_step_is_to_decide(make):
    assert any("accept the risk with a reason" in line for line in steps.following(standing(make, State.ACKNOWLEDGED)))


def test_nasty_names_neither_ring_nor_break_it(make, now):
    message = incident.message(standing(make, name=make.nasty), now)
    assert limits.lint(message.blocks, message.text) == []
    assert "<!channel>" not in str(message.blocks) + message.text
