"""What a person is told became of a change to a rota, and the rota as plain lines and as a calendar file."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from icalendar import Calendar, Event

from analysis.response.oncall import Duty, Fault, Gap
from analysis.response.outcomes import Kind, Outcome
from analysis.rotas import Rota
from templates import finding
from templates.slack.mrkdwn import code, date, mention, said, stamp

Facts = Mapping[str, Any]
FILE_COMES = "The calendar file comes to you as a direct message."
PRODUCT = "-//EthixAI Incidents//on call//EN"


def sentence(outcome: Outcome) -> str:
    """Return the answer to a change of a rota that was not refused, in Slack's markup."""
    if outcome.kind is Kind.REPEATED:
        return "That came twice; it counted once."
    row = ANSWERS[outcome.verb, outcome.kind]
    return " ".join([row(outcome.facts), *_gaps(outcome.facts)])


def _taken(facts: Facts) -> str:
    return f"Done ({code('#' + str(facts.get('id')))}): {_shift(facts)}."


def _swapped(facts: Facts) -> str:
    return f"Swapped: {'; '.join(_shift(one) for one in facts.get('shifts', []))}. Both are told."


def _cancelled(facts: Facts) -> str:
    return f"Cancelled {code('#' + str(facts.get('id')))}: the rota holds again."


ANSWERS: dict[tuple[str, Kind], Callable[[Facts], str]] = {
    ("oncall_override", Kind.DONE): _taken,
    ("oncall_override", Kind.ALREADY): lambda facts: (
        f"{mention(str(facts.get('person')))} has that shift already. Nothing was changed."
    ),
    ("oncall_swap", Kind.DONE): _swapped,
    ("oncall_cancel", Kind.DONE): _cancelled,
    ("oncall_cancel", Kind.ALREADY): lambda facts: "That is over, or cancelled already. Nothing was changed.",
}


def _shift(facts: Facts) -> str:
    since, until = finding.moment(facts.get("from")), finding.moment(facts.get("to"))
    span = f", {date(since)} to {date(until)}" if since and until else ""
    return f"{mention(str(facts.get('person')))} is {said(facts.get('place'))}{span}"


def _gaps(facts: Facts) -> list[str]:
    gaps = facts.get("gaps", [])
    return (
        [f"⚠️ It leaves {len(gaps)} gap{'s' if len(gaps) > 1 else ''}: {code('/ethix oncall')} shows where."]
        if gaps
        else []
    )


def line(duty: Duty, name: str) -> str:
    """Return a duty as a plain line, for a terminal."""
    return f"{stamp(duty.starts_at)} – {stamp(duty.ends_at)}  {duty.place:<9}  {name}"


def gap(found: Gap, name: str) -> str:
    """Return a gap as a plain line, for a terminal."""
    why = {Fault.EMPTY: "nobody", Fault.GONE: f"{name} is not active in Slack", Fault.ALONE: f"{name} has both places"}
    return f"{stamp(found.duty.starts_at)} – {stamp(found.duty.ends_at)}  GAP: {found.duty.place}: {why[found.fault]}"


def calendar(rota: Rota, duties: Sequence[Duty], name: Callable[[str], str], now: datetime) -> bytes:
    """Return the duties as a calendar file (RFC 5545); a duty keeps its id, so that importing anew adds nothing."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("x-wr-calname", f"On call: {rota.name}")
    for duty in duties:
        if duty.person is not None:
            made.add_component(_event(rota, duty, name(duty.person), now))
    return bytes(made.to_ical())


def _event(rota: Rota, duty: Duty, name: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{rota.name}-{duty.place}-{duty.starts_at:%Y%m%dT%H%M%S%fZ}@ethixbot")
    event.add("dtstamp", now)
    event.add("dtstart", duty.starts_at)
    event.add("dtend", duty.ends_at)
    event.add("summary", f"On call ({duty.place}): {name}")
    event.add("description", f"{rota.name}, handed over at {rota.at:%H:%M} {rota.zone}")
    return event
