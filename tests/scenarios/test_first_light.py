"""From a real prediction log to a clicked button: one alert, one click, one edited message, one audit line."""

import pytest

from tests.world import buttons, pretty, whispers

pytestmark = pytest.mark.databases("sqlite")


def test_a_fairness_break_is_reported_once_and_handled_by_clicking(fairness):
    posted = [m for m in fairness.messages() if buttons(m)]
    assert len(posted) == 1
    alert = posted[0]
    shown = pretty(alert["blocks"])
    assert "Critical" in shown
    assert "Fairness" in shown
    assert "Female" in shown
    assert alert["text"].startswith("<!channel>")
    assert buttons(alert)[:5] == ["acknowledge", "freeze", "export", "retrain", "escalate"]

    seen = fairness.press("acknowledge", by="oncall")
    assert "You have it" in whispers(seen)
    fairness.settle()

    edited = fairness.alert()
    assert edited["ts"] == alert["ts"]
    assert "acknowledge" not in buttons(edited)
    assert fairness.incident().state == "acknowledged"
    assert any("Sam Whitfield" in pretty(reply) or "U0ONCALL01" in pretty(reply) for reply in edited["replies"])
    assert ("U0ONCALL01", "acknowledge", "done") in fairness.audit()


def test_the_message_is_linked_in_ml_monitoring_and_carries_its_chart_in_the_thread(fairness):
    links = fairness.messages("ml-monitoring")
    assert any(fairness.incident().id in pretty(message) for message in links)
    replies = fairness.alert()["replies"]
    images = [block for reply in replies for block in reply.get("blocks", []) if block["type"] == "image"]
    assert len(images) == 1
    assert images[0]["alt_text"]


def test_freezing_restrains_the_model_that_the_gate_reads(fairness):
    asked = fairness.press("freeze", by="oncall")
    assert asked["view"], pretty(asked)
    assert fairness.fill("oncall", level="3", reason="Far fewer women are approved")["ok"]
    fairness.settle()
    with fairness.bot.services.database.read() as session:
        from storage import oversight

        now = oversight.current(session, "income-prequal")
    assert (now.level, now.fallback, now.by) == (3, "1.0.0", "U0ONCALL01")
    assert fairness.incident().state == "contained"
    assert "Far fewer women are approved" in pretty(fairness.alert())


def test_a_modal_without_its_reason_says_so_and_changes_nothing(fairness):
    fairness.press("freeze", by="oncall")
    answer = fairness.fill("oncall", level="3", reason="   ")
    assert "reason" in answer["errors"]
    assert fairness.incident().state == "detected"


def test_escalating_calls_the_next_people_in_the_thread(fairness):
    fairness.press("escalate", by="oncall")
    fairness.fill("oncall", reason="we need a decision")
    fairness.settle()
    assert "<@U0MLLEAD01>" in pretty(fairness.alert()["replies"][-1])
    assert fairness.incident().escalation_step == 1


def test_nobody_answers_and_the_next_people_are_called_once(fairness):
    fairness.clock.forward(hours=1, minutes=1)
    fairness.settle()
    fairness.clock.forward(minutes=5)
    fairness.settle()
    called = [r for r in fairness.alert()["replies"] if "<@U0CTOOFF01>" in pretty(r)]
    assert len(called) == 1


def test_an_acknowledgement_stops_the_calls(fairness):
    fairness.press("acknowledge", by="compliance")
    fairness.clock.forward(hours=5)
    fairness.settle()
    assert not [r for r in fairness.alert()["replies"] if "<@U0CTOOFF01>" in pretty(r)]


def test_resolving_ends_it_and_the_message_says_how(fairness):
    fairness.press("acknowledge", by="oncall")
    fairness.settle()
    fairness.press("resolve", by="ml_engineer")
    fairness.fill("ml_engineer", note="Went back to 1.0.0")
    fairness.settle()
    message = next(m for m in fairness.messages() if fairness.incident().id in pretty(m))
    assert "Resolved" in pretty(message["blocks"][0])
    assert fairness.incident().state == "resolved"


def test_the_same_cause_soon_after_its_end_reopens_the_incident(fairness):
    fairness.press("acknowledge", by="oncall")
    fairness.settle()
    fairness.press("resolve", by="oncall")
    fairness.fill("oncall", note="done")
    fairness.week("e")
    incident = fairness.incident()
    assert incident.state == "detected"
    assert len([m for m in fairness.messages() if buttons(m)]) == 1


def test_the_same_cause_again_counts_and_does_not_post(fairness):
    fairness.week("e")
    assert len([m for m in fairness.messages() if buttons(m)]) == 1
    assert "2 runs" in pretty(fairness.alert())


def test_a_healthy_week_marks_the_alert_recovered(fairness):
    fairness.week("a")
    assert "ecovered" in pretty(fairness.alert()) or "within" in pretty(fairness.alert())
    with fairness.bot.services.database.read() as session:
        from storage import alerts

        assert alerts.open_of(session, "income-prequal") == []
