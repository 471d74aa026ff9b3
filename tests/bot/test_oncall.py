"""Shifts that change hands, who holds the role meanwhile, what is told of it, and where a gap is warned of."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlmodel import select
from typer.testing import CliRunner

from analysis.errors import Missing, NotAllowed, Unknown
from analysis.response.oncall import on_duty as oncall_at
from analysis.response.outcomes import Kind
from analysis.rotas import Order, Place, Rota
from analysis.vocabulary import Role
from bot import keys, rotas, schedule
from bot.cli import cli
from bot.demo import demo, shifts
from bot.localslack.people import PEOPLE
from bot.operations import handing_over, oncall
from bot.operations.oncall import Wish
from bot.rendering import render
from bot.services import Services
from bot.slack.oncall import override
from storage import policies
from storage.desk import Desk
from storage.tables import AuditRow, Override, Owed, Person, Timer
from templates.slack import desk, limits, notice
from templates.slack import oncall as shown
from templates.slack import shifts as forms

pytestmark = pytest.mark.databases("sqlite")

SAM, PRIYA, TOMAS, MAYA = (PEOPLE[one].id for one in ("oncall", "ml_engineer", "senior_ml_engineer", "ml_lead"))
RUTH, LEO, INGRID = (PEOPLE[one].id for one in ("auditor", "viewer", "cto"))
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)
ON_BOTH = pytest.mark.databases("sqlite", "postgresql")


class Clock:
    def __init__(self):
        self.now = MONDAY + timedelta(days=1, hours=3)

    def __call__(self):
        return self.now


def rota_of(*primary, secondary=(), **more):
    orders = [Order(since=date(2026, 3, 2), primary=primary, secondary=secondary)]
    return Rota(name="on_call", orders=orders, **more)


def mail(handle):
    return PEOPLE[handle].email


def with_rota(policy, rota):
    roles = {role: who for role, who in policy.roles.items() if role is not Role.ON_CALL}
    return policy.model_copy(update={"rotas": (rota,), "roles": roles})


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """The demo's policy, with a rota of Sam and Priya, and Tomás behind them."""
    rota = rota_of(mail("oncall"), mail("ml_engineer"), secondary=(mail("senior_ml_engineer"),))
    return with_rota(policies.parse(demo.policy_text(tmp_path_factory.mktemp("log"), demo.DATA), "test"), rota)


@pytest.fixture
def services(database, tmp_path, policy):
    """It is Tuesday noon of Sam's week."""
    clock = Clock()
    with database.write() as session:
        for one in PEOPLE.values():
            session.add(Person(id=one.id, handle=one.handle, name=one.name, email=one.email, tz=one.tz,
                               checked_at=clock.now))  # fmt: skip
    return Services(database, policy, tmp_path, keys.load(tmp_path / "keys"), clock)


def roles(services, who):
    with services.database.read() as session:
        return services.roles(session, who)


def holders(services):
    with services.database.read() as session:
        return set(services.holders(session, {Role.ON_CALL}))


def rows(services, table, *where):
    with services.database.read() as session:
        return list(session.exec(select(table).where(*where).order_by(table.id)))


def audited(services):
    with services.database.read() as session:
        return [(row.actor, row.action, row.outcome) for row in session.exec(select(AuditRow).order_by(AuditRow.seq))]


def change(services, verb, actor, **given):
    fields = {name.rstrip("_"): value for name, value in given.items()}
    return oncall.change(services, Wish(verb, actor, fields))


def take(services, actor, person, since="now", until="+8h", **more):
    return change(services, "override", actor, person=person, from_=since, to=until, **more)


def told(services, about):
    """Return who is told what, as text."""
    found = rows(services, Owed, Owed.subject == about)
    with services.database.read() as session:
        for row in found:
            message = render(session, services, row).text
            assert not limits.lint(message.blocks, message.text)
            yield row.channel, message.text + str(message.blocks)


def left(services, who):
    with services.database.write() as session:
        person = session.get(Person, who)
        person.is_active = False
        session.add(person)


@ON_BOTH
def test_the_role_is_held_by_who_is_on_now_and_by_who_stands_behind(services):
    assert holders(services) == {SAM, TOMAS}
    assert Role.ON_CALL in roles(services, SAM)
    assert Role.ON_CALL not in roles(services, PRIYA)
    services.clock.now = MONDAY + WEEK
    assert holders(services) == {PRIYA, TOMAS}
    assert Role.ON_CALL not in roles(services, SAM)


def test_who_left_is_not_on_call_whatever_the_rota_says(services):
    left(services, SAM)
    assert holders(services) == {TOMAS}
    assert roles(services, SAM) == frozenset()


def test_without_a_rota_the_roles_of_the_policy_decide(services):
    services.policy = services.policy.model_copy(update={"rotas": (), "roles": {Role.ON_CALL: (SAM,)}})
    assert holders(services) == {SAM}


def test_a_policy_that_names_both_a_rota_and_holders_is_refused(tmp_path):
    text = demo.policy_text(tmp_path, demo.DATA).replace(
        "rotas: []", "rotas: [{name: on_call, orders: [{since: 2026-03-02, primary: [U1]}]}]"
    )
    with pytest.raises(Exception, match="on_call is whoever the rota on_call has on"):
        policies.parse(text, "test")


@ON_BOTH
def test_taking_over_gives_the_role_for_as_long_and_no_longer(services):
    outcome = take(services, PRIYA, "me", "now", "18:00", reason="Sam is ill")  # 18:00 in Kolkata is 12:30 UTC
    assert outcome.kind is Kind.DONE
    assert outcome.facts["to"] == "2026-03-03T12:30:00+00:00"
    assert holders(services) == {PRIYA, TOMAS}
    services.clock.now = datetime(2026, 3, 3, 12, 30, tzinfo=UTC)
    assert holders(services) == {SAM, TOMAS}
    assert audited(services)[-1] == (PRIYA, "oncall_override", "done")
    ((to, said),) = told(services, "shift_taken")
    assert to == SAM
    assert "Sam is ill" in said
    assert "/ethix oncall cancel 1" in said


@pytest.mark.parametrize(
    ("actor", "person", "may"),
    [(PRIYA, "@ml_engineer", True), (SAM, f"<@{PRIYA}|priya>", True), (MAYA, PRIYA, True),
     (TOMAS, "ml_engineer@ethixai.local", False), (RUTH, PRIYA, False), (LEO, "me", False)],
)  # fmt: skip
def test_who_takes_who_gives_and_a_lead_may_and_nobody_else(services, actor, person, may):
    outcome = take(services, actor, person)
    assert outcome.kind is (Kind.DONE if may else Kind.REFUSED)
    assert len(rows(services, Override)) == may
    if not may:
        assert isinstance(outcome.error, NotAllowed)
        assert audited(services)[-1][2] == "refused"


def test_nobody_gets_the_role_by_a_shift_who_could_not_respond_anyhow(services):
    outcome = take(services, MAYA, RUTH)
    assert isinstance(outcome.error, NotAllowed)
    assert outcome.error.verb == "be_on_call"
    assert Role.ON_CALL not in roles(services, RUTH)


def test_who_gives_must_have_all_of_it(services):
    outcome = take(services, SAM, PRIYA, "now", "+9d")  # into Priya's own week
    assert isinstance(outcome.error, NotAllowed)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"since": ""}, "from"), ({"until": ""}, "to"), ({"until": "soon"}, "to"), ({"until": "2026-03-01"}, "to"),
     ({"since": "2026-03-05", "until": "2026-03-04"}, "to"), ({"until": "+100d"}, "to"),
     ({"since": "9999-12-25", "until": "9999-12-30"}, "from"), ({"since": "\x00"}, "from"),
     ({"until": "９９:９９"}, "to"), ({"reason": "x" * 2001}, "reason"), ({"person": ""}, "person")],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field_and_changes_nothing(services, given, field):
    outcome = take(services, MAYA, **({"person": PRIYA} | given))
    assert isinstance(outcome.error, Missing)
    assert outcome.error.field == field
    assert rows(services, Override) == rows(services, Timer) == rows(services, Owed) == []


@pytest.mark.parametrize(("field", "name"), [("person", "@nobody"), ("rota", "r2"), ("place", "third")])
def test_what_nobody_knows_is_named(services, field, name):
    outcome = take(services, MAYA, **({"person": PRIYA} | {field: name}))
    assert isinstance(outcome.error, Unknown)
    assert outcome.error.name == name


@ON_BOTH
def test_the_same_again_changes_nothing_and_a_form_that_came_twice_counts_once(services):
    fields = {"person": PRIYA, "from": "now", "to": "+8h"}
    first = oncall.change(services, Wish("override", PRIYA, fields, "d1", "form"))
    again = oncall.change(services, Wish("override", PRIYA, fields, "d1", "form"))
    other = oncall.change(services, Wish("override", PRIYA, fields, "d2", "form"))
    same = oncall.change(services, Wish("override", PRIYA, fields, "d3"))
    assert [one.kind for one in (first, again, other, same)] == [Kind.DONE, Kind.REPEATED, Kind.REPEATED, Kind.ALREADY]
    assert len(rows(services, Override)) == 1


@ON_BOTH
def test_a_swap_is_two_shifts_at_once_and_is_given_back_as_one(services):
    outcome = change(services, "swap", SAM, person="@ml_engineer")
    assert outcome.kind is Kind.DONE
    first, second = rows(services, Override)
    assert (first.person, first.starts_at) == (PRIYA, MONDAY + 2 * WEEK)  # Sam's next one, not the one he has
    assert (second.person, second.starts_at) == (SAM, MONDAY + WEEK)
    assert {channel for channel, _ in told(services, "shift_taken")} == {PRIYA}
    services.clock.now = MONDAY + WEEK
    assert holders(services) == {SAM, TOMAS}
    assert change(services, "cancel", PRIYA, id=f"#{second.id}").kind is Kind.DONE
    assert holders(services) == {PRIYA, TOMAS}
    assert all(row.cancelled_by == PRIYA for row in rows(services, Override))
    assert change(services, "cancel", PRIYA, id=str(first.id)).kind is Kind.ALREADY


def test_a_swap_of_others_needs_a_lead(services):
    assert isinstance(change(services, "swap", TOMAS, person=SAM, for_=PRIYA).error, NotAllowed)
    assert change(services, "swap", MAYA, person=SAM, for_=PRIYA).kind is Kind.DONE


def test_a_swap_with_who_has_no_shift_says_so(services):
    assert change(services, "swap", SAM, person=INGRID).error.name == "Ingrid Solberg"
    assert change(services, "swap", SAM, person="me").error.field == "person"


def week(number):
    return f"primary|{(MONDAY + number * WEEK).isoformat()}"


def test_a_swap_may_name_the_two_shifts(services):
    outcome = change(services, "swap", SAM, give=week(4), take=week(1), reason="a wedding")
    assert outcome.kind is Kind.DONE
    taken = [(one.person, one.starts_at) for one in rows(services, Override)]
    assert taken == [(PRIYA, MONDAY + 4 * WEEK), (SAM, MONDAY + WEEK)]


@pytest.mark.parametrize(
    ("give", "take", "field", "says"),
    [
        (week(2), "", "take", "is missing"),
        ("", week(1), "give", "is missing"),
        (week(2), week(4), "take", "somebody else"),  # both are Sam's
        (week(0), week(1), "give", "has changed"),  # it runs already
        ("primary|nonsense", week(1), "give", "has changed"),
    ],
)
def test_a_swap_of_named_shifts_says_which_of_them_is_amiss(services, give, take, field, says):
    error = change(services, "swap", SAM, give=give, take=take).error
    assert isinstance(error, Missing)
    assert error.field == field
    assert says in error.what
    assert not rows(services, Override)


def test_a_swap_of_named_shifts_of_others_needs_a_lead(services):
    assert isinstance(change(services, "swap", INGRID, give=week(2), take=week(1)).error, NotAllowed)


def test_the_form_of_a_swap_offers_the_coming_shifts_and_proposes_ones_own(services):
    with services.database.read() as session:
        rota, now = services.policy.rotas[0], services.clock()
        seen, coming = rotas.seen(session, rota, now), rotas.to_swap(session, rota, now)
    form = forms.swap(seen, PRIYA, coming)
    assert limits.lint(form) == []
    give = next(block for block in form["blocks"] if block.get("block_id") == "give")["element"]
    assert give["initial_option"]["text"]["text"] == "Priya Nair, Mon 09 Mar 09:00 – Mon 16 Mar 09:00 · primary"
    assert {option["value"] for option in give["options"]} == {week(number) for number in range(1, 5)}
    alone = forms.swap(seen, PRIYA, coming[:1])
    assert "submit" not in alone
    assert "No two people" in str(alone)


def test_only_those_whom_it_concerns_give_a_shift_back(services):
    take(services, PRIYA, "me", "now", "+8h")
    assert isinstance(change(services, "cancel", TOMAS, id="1").error, NotAllowed)
    assert isinstance(change(services, "cancel", SAM, id="99").error, Unknown)
    assert isinstance(change(services, "cancel", SAM, id="9" * 30).error, Unknown)
    assert change(services, "cancel", SAM, id="1").kind is Kind.DONE


def fire(services):
    schedule.plan(services)
    while schedule.fire(services):
        pass


def test_each_hand_over_is_told_once_with_who_and_until_when(services):
    fire(services)
    for hours in (100, 169, 300):
        services.clock.now = MONDAY + timedelta(hours=hours)
        fire(services)
    ((channel, said),) = told(services, "hand_over")
    assert channel == "ethixai-incidents"
    assert f"<@{PRIYA}> is primary now" in said
    assert "after *Sam Whitfield*" in said
    assert f"<@{SAM}>" not in said  # who goes home is not rung
    assert "All quiet" in said
    assert TOMAS not in said  # the secondary stays the same


@ON_BOTH
def test_what_is_taken_over_is_handed_over_too_at_both_ends(services):
    fire(services)
    take(services, PRIYA, "me", "+1h", "+3h")
    for _ in range(5):
        services.clock.now += timedelta(hours=1)
        fire(services)
    said = [text for _, text in told(services, "hand_over")]
    assert [f"<@{PRIYA}> is primary now" in one for one in said] == [True, False]
    assert f"<@{SAM}> is primary now" in said[1]


def test_giving_back_a_shift_that_runs_is_a_hand_over_at_once(services):
    take(services, PRIYA, "me")
    fire(services)
    services.clock.now += timedelta(hours=1)
    change(services, "cancel", SAM, id="1")
    services.clock.now += timedelta(hours=12)
    fire(services)
    assert [f"<@{PRIYA}> is primary" in said for _, said in told(services, "hand_over")] == [True, False]


def test_after_downtime_only_the_newest_hand_over_is_told(services):
    take(services, PRIYA, "me", "+1h", "+3h")
    services.clock.now += timedelta(hours=4)
    fire(services)
    (said,) = [text for _, text in told(services, "hand_over")]
    assert f"<@{SAM}> is primary now" in said


@ON_BOTH
def test_a_gap_is_told_a_day_and_an_hour_before_to_those_who_can_fill_it(services):
    left(services, PRIYA)
    counts = []
    for hours in (143, 144.1, 150, 166, 167, 167.5, 169, 170, 169 + 24):
        services.clock.now = MONDAY + timedelta(hours=hours)
        handing_over.look_ahead(services)
        counts.append(len(rows(services, Owed, Owed.subject == "gap")))
    assert counts == [0, 1, 1, 1, 2, 2, 3, 3, 4]  # while it lasts, once a day
    _, said = next(told(services, "gap"))
    assert "*Nobody* is primary: *Priya Nair* is not active in Slack" in said
    assert f"<@{MAYA}>" in said


def test_who_presses_i_take_it_under_a_gap_fills_it(services):
    left(services, PRIYA)
    services.clock.now = MONDAY + timedelta(days=6, hours=1)
    handing_over.look_ahead(services)
    (row,) = rows(services, Owed, Owed.subject == "gap")
    with services.database.read() as session:
        button = render(session, services, row).text.blocks[-1]["elements"][0]
    assert button["action_id"] == shown.TAKE
    named = dict(zip(("rota", "place", "from", "to"), button["value"].split("|"), strict=True))
    outcome = oncall.change(services, Wish("override", SAM, named | {"person": SAM}))
    assert outcome.kind is Kind.DONE
    assert outcome.facts["gaps"] == []
    services.clock.now = MONDAY + timedelta(days=6, hours=23, minutes=30)
    assert handing_over.look_ahead(services) == 0


def test_the_answer_says_where_the_change_leaves_somebody_alone(services):
    outcome = take(services, TOMAS, "me", "+1h", "+4h")
    assert [gap["fault"] for gap in outcome.facts["gaps"]] == ["alone"]


def test_it_is_shown_compactly_with_what_was_taken_over_and_the_gaps(services):
    left(services, PRIYA)
    take(services, TOMAS, "me", "+1h", "+4h", reason="<!channel> & co")
    with services.database.read() as session:
        message = shown.overview(rotas.all_seen(session, services.policy, services.clock()))
    assert not limits.lint(message.blocks, message.text)
    said = str(message.blocks)
    for part in ("Primary: *Sam Whitfield*", "Secondary: *Tomás Herrera*", "`#1` *Tomás Herrera*",
                 "not active in Slack", "&lt;!channel&gt;"):  # fmt: skip
        assert part in said, part


def test_the_calendar_file_is_read_back_by_another_reader(services):
    take(services, PRIYA, "me", "2026-03-04T18:00Z", "2026-03-05T06:00Z")
    with services.database.read() as session:
        made = rotas.file(session, services.policy.rota("on_call"), services.clock())
        assert made == rotas.file(session, services.policy.rota("on_call"), services.clock())
    events = Calendar.from_ical(made).walk("VEVENT")
    spans = [(str(one["summary"]), one.decoded("dtstart"), one.decoded("dtend")) for one in events]
    night = datetime(2026, 3, 4, 18, tzinfo=UTC), datetime(2026, 3, 5, 6, tzinfo=UTC)
    assert ("On call (primary): Sam Whitfield", MONDAY, night[0]) in spans
    assert ("On call (primary): Priya Nair", *night) in spans
    assert len({str(one["uid"]) for one in events}) == len(events)


@pytest.mark.parametrize(
    ("words", "fields"),
    [("@sam now +8h ill", {"person": "@sam", "from": "now", "to": "+8h", "reason": "ill"}),
     ("<@U1|sam> secondary from monday until friday", {"place": "secondary", "from": "monday", "to": "friday"}),
     ("@sam 2026-03-04 9:00 2026-03-05 18:00 a b", {"from": "2026-03-04T09:00", "to": "2026-03-05T18:00",
                                                     "reason": "a b"}),
     ("", {"from": "", "to": ""})],
)  # fmt: skip
def test_what_is_typed_is_read_into_fields(words, fields):
    read = override(words.split())
    assert {name: read.get(name) for name in fields} == fields


def test_at_the_command_line_it_is_shown_and_written_to_a_file(services, tmp_path):
    policy = tmp_path / "with_rota.yaml"
    text = demo.policy_text(tmp_path, demo.DATA).replace("  on_call:\n  - oncall@ethixai.local\n", "")
    orders = "[{since: 2026-03-02, primary: [oncall@ethixai.local], secondary: [nobody@example.org]}]"
    policy.write_text(text.replace("rotas: []", f"rotas: [{{name: on_call, orders: {orders}}}]"))
    environment = {"DATABASE_URL": str(services.database.url), "ETHIXBOT_POLICY": str(policy),
                   "ETHIXBOT_DATA": str(tmp_path)}  # fmt: skip
    run = CliRunner(env=environment)
    said = run.invoke(cli, ["oncall"]).output
    assert "primary    Sam Whitfield" in said
    assert "GAP: secondary: nobody@example.org is not active" in said
    assert run.invoke(cli, ["oncall", "--ics", str(tmp_path / "a.ics")]).exit_code == 0
    assert Calendar.from_ical((tmp_path / "a.ics").read_bytes()).walk("VEVENT")


@pytest.mark.parametrize("hours", range(0, 24 * 8, 19))
def test_the_demo_has_somebody_on_call_whenever_it_is_started(tmp_path, hours):
    now = datetime(2026, 3, 25, tzinfo=UTC) + timedelta(hours=hours)  # over the change of the clocks
    made = policies.parse(shifts.with_rota(demo.policy_text(tmp_path, demo.DATA), now), "demo")
    duties = [oncall_at(made.rota("on_call"), place, [], now) for place in Place]
    assert all(one is not None and one.person for one in duties)


def test_the_desk_says_who_is_on_call_and_when_ones_own_turn_is(services):
    with services.database.read() as session:
        seen = rotas.seen(session, services.policy.rotas[0], services.clock())
    mine, hers = (str(desk.blocks(Desk(user=who), [seen], services.clock())) for who in (SAM, PRIYA))
    assert "☎️ *Sam Whitfield* primary, *Tomás Herrera* secondary" in mine
    assert "*You are primary until" in mine
    assert "You are primary from" in hers


def test_who_stands_behind_for_good_has_no_end(services):
    with services.database.read() as session:
        seen = rotas.seen(session, services.policy.rotas[0], services.clock())
    said = str(shown.overview([seen]).blocks)
    assert "*On call*, handed over at 09:00 UTC" in said
    assert "Secondary: *Tomás Herrera* for the coming weeks" in said


def test_without_a_rota_a_shell_says_where_one_goes(tmp_path):
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path / 'none.db'}", "ETHIXBOT_DATA": str(tmp_path)}
    error = CliRunner(env=environment).invoke(cli, ["oncall"]).exception
    assert str(error) == (
        "oncall: the policy has no rota. Write one under `rotas:`; who is on call without stands under `roles:`."
    )


def test_every_line_to_a_person_has_words():
    facts = {"rota": "on_call", "by": SAM, "person": PRIYA, "place": "primary", "id": 3, "reason": "x",
             "from": MONDAY.isoformat(), "to": (MONDAY + WEEK).isoformat()}  # fmt: skip
    for about in ("shift_taken", "shift_back"):
        assert "primary" in notice.message({"about": about, **facts}, None).text
