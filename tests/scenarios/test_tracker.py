"""An incident's issue on GitHub: made once, kept in step until it is closed, whatever the line between them does."""

from datetime import UTC, datetime
from itertools import product

import pytest
from pydantic import SecretStr
from sqlmodel import select

from analysis.outside import Tracker
from analysis.vocabulary import Family
from bot import tracking
from bot.integrations import http
from bot.integrations.errors import Limited, Permanent, SendError, TryLater, Uncertain
from bot.integrations.trackers.github import GitHub
from bot.operations import elsewhere
from bot.ways import Outside
from storage import incidents, outbox
from storage.tables import TrackerCase
from templates import tracker
from templates.verbs import HAPPENINGS, VERBS
from tests.counterparts.github import REPOSITORY, TOKEN, GitHubServer
from tests.counterparts.server import LOST, Answer
from tests.templates.views import NASTY, NOW, Maker
from tests.world import World

# What is sent is the same from both; tests/storage/test_outside.py has both.
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def github():
    with GitHubServer() as server:
        yield server


def give(world: World, **secrets: str) -> None:
    """Put secrets into the environment of every sender."""
    settings = world.bot.settings.model_copy(update={name: SecretStr(value) for name, value in secrets.items()})
    for sender in world.bot.senders:
        sender.outside = Outside(world.bot.services, settings)


@pytest.fixture
def tracked(slack, clock, night, github):
    made = World(slack, night.folder, clock, address=night.address)
    want(made, github)
    give(made, github_token=TOKEN)
    made.settle()
    yield made
    made.stop()


def want(world: World, github: GitHubServer) -> None:
    services, tracker = world.bot.services, Tracker(repository=REPOSITORY, url=github.url)
    services.policy, services.policy_version = services.policy.model_copy(update={"tracker": tracker}), None


def later(world: World, minutes: int = 1) -> None:
    world.settle()
    for _ in range(minutes):
        world.clock.forward(minutes=1)
        world.settle()


def test_an_incident_is_told_from_its_first_minute_to_its_end(tracked, github):
    tracked.press("acknowledge", "oncall")  # it opened before there was a tracker: now it gets its issue
    later(tracked)
    (issue,) = github.issues
    assert issue["title"].startswith("INC-2026-03-001: 🔴 Critical")
    assert "| Disparate" in issue["body"] or "disparate" in issue["body"].lower()
    assert "ALR-" in issue["body"]
    assert "Income pre-qualification" in issue["body"]
    labels = {"incident", "Incident-2026-03", "severity: critical", "family: fairness"}
    assert {one["name"] for one in issue["labels"]} == labels
    assert "Issue #1" in str(tracked.alert()["blocks"])
    tracked.press("export", "oncall")
    later(tracked)
    assert "SHA-256" in issue["body"]
    issue["labels"].append({"name": "by hand"})
    tracked.choose("false_positive", "ml_lead")
    tracked.fill("ml_lead", reason="The log was cut | <b>in two</b> @everybody")
    later(tracked)
    assert (issue["state"], issue["state_reason"]) == ("closed", "not_planned")
    assert "by hand" in {one["name"] for one in issue["labels"]}
    told = [one["body"] for one in github.notes[1]]
    assert [text.split(chr(10))[0].split("** ")[1].split(":")[0] for text in told] == [
        "acknowledged it", "put the evidence into the thread", "found it to be a false alarm",
    ]  # fmt: skip
    assert "@everybody" not in told[-1]
    assert "<b>" not in told[-1]
    tracked.press("reopen", "ml_lead")
    tracked.fill("ml_lead", reason="It was not")
    later(tracked)
    assert issue["state"] == "open"
    with tracked.bot.services.database.read() as session:
        view = incidents.view(session, "INC-2026-03-001")
        assert not outbox.parked(session)
    assert (view.case.reference, view.case.address) == ("1", issue["html_url"])
    assert len([one for one in view.timeline if one.verb == "tracked"]) == 1
    assert ("system", "tracked", "done") in tracked.audit()


FAULTS = {
    "the answer is lost": LOST,
    "a gateway times out": Answer(504, {"message": "Gateway Timeout"}),
    "a limit with its end": Answer(429, {"message": "Too many"}, {"retry-after": "5"}),
    "the hour is used up": Answer(
        403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}
    ),
}


CALLS = 4  # look for it, make it, look at its comments, comment


def test_whichever_call_fails_nothing_is_doubled_and_nothing_lost(tracked, github):
    tracked.press("acknowledge", "oncall")
    github.faults = [None, LOST]  # the issue is made, and nobody hears of it
    later(tracked, 3)
    services, incident = tracked.bot.services, tracked.incident().id
    assert (len(github.issues), len(github.notes[1])) == (1, 1)
    for number, name in product(range(CALLS), FAULTS):
        forget(tracked, github)
        github.faults = [None] * number + [FAULTS[name]]
        with pytest.raises(SendError):
            tracking.bring(services, incident, TOKEN)
        assert not github.faults, (name, number)
        tracking.bring(services, incident, TOKEN)
        assert (len(github.issues), len(github.notes[1])) == (1, 1), (name, number)
        quiet = len(github.calls)
        tracking.bring(services, incident, TOKEN)
        assert len(github.calls) == quiet  # what is in step costs no call
    with services.database.read() as session:
        assert not outbox.parked(session)


def forget(world: World, github: GitHubServer) -> None:
    """Let the incident have no issue yet, here and there."""
    github.issues.clear()
    github.notes.clear()
    with world.bot.services.transaction() as session:
        case = session.exec(select(TrackerCase)).one()
        case.reference, case.address, case.left = None, None, {}
        session.add(case)


def test_of_many_issues_its_own_is_found_by_its_mark_on_whatever_page(github):
    repository = GitHub(github.url, REPOSITORY, TOKEN)
    github.most = 2
    for number in range(5):
        repository.make(f"Issue {number}", f"<!-- mark:{number} -->", [])
    began = datetime(2026, 3, 2, tzinfo=UTC)
    assert repository.find("<!-- mark:1 -->", began).number == 2
    assert repository.find("<!-- mark:9 -->", began) is None
    github.issues[1]["pull_request"] = {}
    assert repository.find("<!-- mark:1 -->", began) is None
    assert repository.find("<!-- mark:3 -->", datetime(2027, 1, 1, tzinfo=UTC)) is None  # older than the incident
    for number in range(5):
        repository.comment(1, f"Comment {number}")
    assert len(repository.comments(1)) == 5


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (Answer(401, {"message": "Bad credentials"}), Permanent, "GitHub answers 401: Bad credentials"),
        (Answer(403, {"message": "Resource not accessible"}), Permanent, "403: Resource not accessible"),
        (Answer(403, {"message": "secondary"}, {"retry-after": "7"}), Limited, "secondary"),
        (Answer(429), Limited, "429"),
        (Answer(404, {"message": "Not Found"}), Permanent, "404: Not Found"),
        (Answer(410, {"message": "Issues are disabled"}), Permanent, "410: Issues are disabled"),
        (Answer(422, {"message": "Validation Failed", "errors": [{"field": "labels"}]}), Permanent, "Failed; labels"),
        (Answer(502, {"message": "Bad Gateway"}), Uncertain, "502"),
        (LOST, Uncertain, "the answer was lost"),
    ],
)
def test_each_answer_says_what_to_do_next(github, answer, error, says):
    github.faults = [answer]
    with pytest.raises(error, match=says) as raised:
        GitHub(github.url, REPOSITORY, TOKEN).make("Title", "Text", [])
    assert TOKEN not in str(raised.value)


def test_a_limit_is_waited_out_by_the_clock_of_who_set_it():
    now = "Mon, 02 Mar 2026 09:00:00 GMT"
    reset = str(int(datetime(2026, 3, 2, 9, 10, tzinfo=UTC).timestamp()))
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset, "date": now}
    assert http.rests(403, headers) == 600
    assert http.rests(403, {"x-ratelimit-remaining": "12"}) is None
    assert http.rests(429, {"retry-after": "soon"}) == http.SHORTEST_REST_S
    assert http.rests(503, {"retry-after": "999999"}) == http.LONGEST_REST_S


def test_nobody_there_is_tried_later_and_an_address_that_is_none_is_not():
    with pytest.raises(TryLater):
        GitHub("http://127.0.0.1:9", REPOSITORY, TOKEN).look()
    with pytest.raises(Permanent):
        GitHub("http://here:there", REPOSITORY, TOKEN).look()


def test_a_tracker_that_stays_away_is_told_once_and_caught_up_with(tracked, github):
    github.faults = [Answer(503, {"message": "down"})] * 1_000
    tracked.press("acknowledge", "oncall")
    later(tracked, 14)
    assert tracked.messages("engineering") == []
    later(tracked, 10)
    (told,) = tracked.messages("engineering")
    assert "GitHub answers 503: down" in told["text"]
    github.faults = []
    later(tracked, 10)
    assert (len(github.issues), len(github.notes[1])) == (1, 1)


def test_a_deleted_issue_is_told_once_and_then_left_alone(tracked, github):
    tracked.press("acknowledge", "oncall")
    later(tracked)
    github.issues[0]["deleted"] = True
    for verb in ("contain", "remediate"):
        tracked.choose(verb, "oncall")
        tracked.fill("oncall", note="Went back")
        later(tracked)
    with tracked.bot.services.database.read() as session:
        (row,) = outbox.parked(session)
    assert row.last_error == "GitHub answers 410: This issue was deleted"
    engineering = str(tracked.messages("engineering"))
    assert "A message for tracker github could not be delivered" in engineering
    assert "This issue was deleted" in engineering


def test_where_the_policy_names_another_repository_the_old_number_is_left_alone(tracked, github):
    tracked.press("acknowledge", "oncall")
    later(tracked)
    services = tracked.bot.services
    moved = services.policy.tracker.model_copy(update={"repository": "acme/others"})
    services.policy = services.policy.model_copy(update={"tracker": moved})
    calls = len(github.calls)
    tracked.choose("contain", "oncall")
    tracked.fill("oncall", note="Went back")
    later(tracked)
    assert len(github.calls) == calls
    with services.database.read() as session:
        assert not outbox.parked(session)


def test_without_a_token_the_row_is_given_up_and_says_so(tracked, github):
    give(tracked)
    for sender in tracked.bot.senders:
        sender.outside = Outside(tracked.bot.services, tracked.bot.settings)
    tracked.press("acknowledge", "oncall")
    later(tracked)
    with tracked.bot.services.database.read() as session:
        assert [row.last_error for row in outbox.parked(session)] == ["ETHIXBOT_GITHUB_TOKEN is not set"]
    assert not github.calls


def test_a_tracker_that_hangs_holds_up_nothing_of_slack(tracked, github):
    senders = tracked.bot.senders
    tracked.press("acknowledge", "oncall")
    tracked.clock.forward(minutes=1)
    slack = [sender for sender in senders if not sender.only]
    while any(sender.step() for sender in slack):
        pass
    assert not github.calls
    with tracked.bot.services.database.read() as session:
        assert {row.kind for row in outbox.listed(session, outbox.WAITING)} == {"tracker"}
    later(tracked)
    assert len(github.issues) == 1


def test_whatever_is_told_elsewhere_can_happen_here():
    known = set(VERBS) | set(HAPPENINGS)
    assert known >= tracker.MILESTONES
    assert known >= elsewhere.MAILED


@pytest.mark.parametrize("family", Family)
def test_the_issue_of_any_incident_is_within_githubs_limits(family):
    make = Maker()
    view = make.handled(make.view(family, name=NASTY, many=200), NASTY)
    draft = tracker.draft(view, NOW, tracker.mark("0a1b2c3d", view.incident.id))
    assert len(draft.title) <= 256
    assert len(draft.text) < 65_536
    assert all(len(label) <= 50 for label in draft.labels)
    assert draft.text.endswith("<!-- ethixbot:0a1b2c3d:INC-2026-11-007 -->\n")
    for entry in view.timeline:
        text = tracker.comment(view, entry, "<!-- m -->")
        assert "<script>" not in text
        assert "@everybody" not in text
