"""Second clicks, two people at once, stale messages, refusals: harmless, and everybody is told."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from analysis.response.life import MOVES
from bot.demo.demo import PEOPLE
from tests.world import HANDLES, pretty, whispers

ROLE_OF = {handle: role for role, handle in PEOPLE.items()}
FIVE = ("acknowledge", "freeze", "export", "retrain", "escalate")
FIELDS = {"level": "3", "reason": "because", "notes": "", "note": "done", "fallback": ""}


def do(world, verb, by, message=None):
    """Press and, where a modal opens, fill it; return everything the person saw."""
    seen = world.press(verb, by, message)
    if seen.get("view"):
        asked = {name.rstrip("?"): FIELDS.get(name.rstrip("?"), "") for name in MOVES[verb].asks}
        return [seen, world.fill(by, **{name: value for name, value in asked.items() if value})]
    return [seen]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("verb", FIVE)
def test_each_button_does_what_a_role_allows_and_says_so_otherwise(fairness, verb):
    alert = fairness.alert()
    before = len(fairness.audit())
    acted = 0
    for handle in HANDLES:
        seen = do(fairness, verb, handle, alert)
        rows = fairness.audit()[before:]
        before += len(rows)
        assert rows, f"{handle} pressed {verb} and nothing was recorded"
        if ROLE_OF[handle] in MOVES[verb].by:
            acted += rows[-1][2] == "done"
            assert rows[-1][2] in ("done", "already", "stale"), (handle, rows, pretty(seen))
        else:
            assert rows[-1][2] == "refused"
            assert "needs one of" in pretty(seen), pretty(seen)
    assert acted >= 1
    if verb in ("acknowledge", "retrain", "export"):
        assert acted == 1


@pytest.mark.parametrize("verb", FIVE)
def test_pressed_by_two_people_at_once_it_acts_once(fairness, verb):
    alert = fairness.alert()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda who: fairness.press(verb, who, alert), ("oncall", "ml_lead")))
    if MOVES[verb].asks:
        asked = {name: FIELDS[name] for name in (n.rstrip("?") for n in MOVES[verb].asks) if FIELDS.get(name)}
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda who: fairness.fill(who, **asked), ("oncall", "ml_lead")))
    outcomes = [outcome for _, action, outcome in fairness.audit() if action == verb]
    assert outcomes.count("done") == 1, outcomes
    assert len(outcomes) >= 2


def test_the_second_to_acknowledge_is_told_who_was_first(fairness):
    alert = fairness.alert()
    fairness.press("acknowledge", "oncall", alert)
    assert "<@U0ONCALL01>" in whispers(fairness.press("acknowledge", "ml_lead", alert))


def test_a_press_on_a_message_that_has_moved_on_changes_nothing_and_redraws_it(fairness):
    stale = fairness.alert()
    fairness.press("freeze", "ml_lead", stale)
    fairness.fill("ml_lead", level="4", reason="halt")
    seen = fairness.press("retrain", "oncall", stale)  # drawn before the freeze
    assert "out of date" in whispers(seen)
    assert fairness.incident().state == "contained"
    fairness.settle()
    assert "contained" in pretty(fairness.alert())


def test_a_person_whose_role_is_gone_between_drawing_and_pressing_is_refused(fairness):
    policy = fairness.bot.services.policy
    roles = {role: who for role, who in policy.roles.items() if "oncall@ethixai.local" not in who}
    fairness.bot.services.policy = policy.model_copy(update={"roles": roles})
    assert "needs one of" in whispers(fairness.press("acknowledge", "oncall"))
    assert fairness.incident().state == "detected"
