"""The life of an incident: one table of moves, and the only code that reads it.

Buttons, permissions, audit actions and README's diagram come from `MOVES`.
"""

from collections.abc import Set
from dataclasses import dataclass

from analysis.errors import NotAllowed, NotNow
from analysis.vocabulary import Role, Severity, State

# 000: on-call acknowledges and stabilises, the ML engineer trains and validates, compliance reviews; 003 §3.2 says whom
# an alert reaches, and whom it reaches must be able to acknowledge it.
RESPONDERS = frozenset({Role.ON_CALL, Role.ML_ENGINEER, Role.SENIOR_ML_ENGINEER, Role.ML_LEAD, Role.CTO, Role.ADMIN})
OFFICERS = frozenset({Role.COMPLIANCE_OFFICER, Role.SECURITY_OFFICER, Role.GOVERNANCE_LEAD, Role.CEO})
TRAINERS = frozenset({Role.ON_CALL, Role.ML_ENGINEER, Role.SENIOR_ML_ENGINEER, Role.ML_LEAD, Role.ADMIN})
READERS = RESPONDERS | OFFICERS | {Role.PRODUCT_OWNER, Role.AUDITOR}
OWNERS = frozenset({Role.PRODUCT_OWNER})  # 000: approves promotion and rollback
UNFREEZERS = frozenset({Role.ML_LEAD, Role.PRODUCT_OWNER, Role.COMPLIANCE_OFFICER, Role.CTO, Role.ADMIN})
# Deadlines are kept by those who answer for them, not by whoever runs against one; a breach is confirmed by those whom
# 001 §7 has tell the regulator.
KEEPERS = frozenset(
    {Role.ML_LEAD, Role.CTO, Role.ADMIN, Role.COMPLIANCE_OFFICER, Role.SECURITY_OFFICER, Role.GOVERNANCE_LEAD}
)
CONFIRMERS = frozenset({Role.COMPLIANCE_OFFICER, Role.SECURITY_OFFICER, Role.GOVERNANCE_LEAD})

# Who says that nothing was wrong, or that nothing is owed any more: the senior of those who work on it, and who
# answers for the model beyond engineering (003 §6).
JUDGES = OFFICERS | {Role.SENIOR_ML_ENGINEER, Role.ML_LEAD, Role.CTO, Role.ADMIN}

# Who was affected is personal, though ids are hashed: for who investigates, and who answers for it (C12).
COUNTERS = TRAINERS | {Role.COMPLIANCE_OFFICER}

RELEASERS = OFFICERS | {Role.PRODUCT_OWNER, Role.CTO, Role.ADMIN}  # of these, whom the policy names for a message

LEARNERS = RESPONDERS | OFFICERS | {Role.PRODUCT_OWNER}  # what is to be done afterwards is theirs too

OPEN = frozenset(
    {State.DETECTED, State.ACKNOWLEDGED, State.CONTAINED, State.INVESTIGATING, State.REMEDIATING, State.VERIFYING}
)
ENDED = frozenset(State) - OPEN
AT_WORK = OPEN - {State.DETECTED}
LEARNT = AT_WORK | {State.RESOLVED, State.CLOSED, State.ACCEPTED_RISK}


@dataclass(frozen=True)
class Move:
    """One verb: from which states, to which (None: it stays), by whom, what must be given."""

    verb: str
    source: frozenset[State]
    target: State | None
    by: frozenset[Role]
    asks: tuple[str, ...] = ()  # fields of its modal; the ones that may stay empty end in "?"
    again: bool = False  # may be done again in the state it leads to
    back: bool = False  # leads to its state though that lies behind; all others never take an incident back
    is_loose: bool = False  # whatever happened since the message or the form was drawn, it is as right as before
    style: str | None = None  # colour of its button
    second: frozenset[Role] = frozenset()  # who may approve it, where one person is not enough (E4)
    second_at: frozenset[Severity] = frozenset(Severity)  # at which severities that is so
    dangerous: bool = False  # the roles of who asks are looked up anew; without an answer it is refused
    word: str | None = None  # what who approves has to type


MOVES = {
    move.verb: move
    for move in (
        Move("acknowledge", frozenset({State.DETECTED}), State.ACKNOWLEDGED, RESPONDERS | OFFICERS, style="primary"),
        Move(
            "freeze",
            OPEN,
            State.CONTAINED,
            RESPONDERS | {Role.COMPLIANCE_OFFICER, Role.SECURITY_OFFICER},
            asks=("level", "reason", "fallback?", "segment?", "throttle?", "until?"),
            again=True,
            style="danger",
        ),
        Move("export", frozenset(State), None, READERS, again=True),
        Move("retrain", OPEN, State.REMEDIATING, TRAINERS, asks=("reason", "notes?", "baseline?"), again=True),
        Move("cancel_retrain", frozenset(State), None, TRAINERS, asks=("reason",), again=True, is_loose=True),
        Move(
            "promote",
            AT_WORK,
            State.REMEDIATING,
            TRAINERS,
            asks=("candidate", "reason"),
            again=True,
            second=OWNERS,
            dangerous=True,
            word="PROMOTE",
        ),
        Move(
            "rollback",
            OPEN,
            State.REMEDIATING,
            RESPONDERS,
            asks=("version?", "reason"),
            again=True,
            style="danger",
            second=OWNERS,
            dangerous=True,
        ),
        Move(
            "reverse",
            OPEN | {State.RESOLVED},
            None,
            RESPONDERS,
            asks=("reason",),
            again=True,
            second=OWNERS,
            dangerous=True,
        ),
        Move("escalate", OPEN, None, READERS - {Role.AUDITOR}, asks=("reason",), again=True),
        Move("update", OPEN, None, READERS - {Role.AUDITOR}, asks=("note",), again=True, is_loose=True),
        Move("pause_clock", frozenset(State), None, KEEPERS, asks=("clock", "reason"), again=True, is_loose=True),
        Move("resume_clock", frozenset(State), None, KEEPERS, asks=("clock", "reason"), again=True, is_loose=True),
        Move("snooze", OPEN, None, RESPONDERS | OFFICERS, asks=("until", "reason"), again=True),
        Move(
            "accept_risk",
            OPEN,
            State.ACCEPTED_RISK,
            frozenset({Role.ML_LEAD}),  # 003 §12: rationale by the ML Lead, approval by Compliance
            asks=("reason", "until"),
            second=frozenset({Role.COMPLIANCE_OFFICER}),
            dangerous=True,
        ),
        Move(
            "confirm",
            frozenset(State) - {State.FALSE_POSITIVE},
            None,
            CONFIRMERS,
            asks=("reason",),
            again=True,
            is_loose=True,
        ),
        Move(
            "notify_regulator",
            frozenset(State),
            None,
            CONFIRMERS,
            asks=("authority", "reference", "note?"),
            again=True,
            is_loose=True,
        ),
        Move(
            "unfreeze",
            frozenset(State),
            None,
            UNFREEZERS,
            asks=("reason",),
            second=UNFREEZERS,
            second_at=frozenset({Severity.CRITICAL}),
            dangerous=True,
        ),
        Move(
            "severity",
            OPEN,
            None,
            RESPONDERS | OFFICERS,
            asks=("severity", "reason"),
            again=True,
        ),
        Move(
            "tick",
            OPEN | {State.RESOLVED},
            None,
            RESPONDERS | OFFICERS | {Role.PRODUCT_OWNER},
            asks=("step", "note?"),
            again=True,
            is_loose=True,
        ),
        Move("runbook", OPEN, None, RESPONDERS | OFFICERS, asks=("runbook",), again=True, is_loose=True),
        Move(
            "assign",
            OPEN | {State.RESOLVED},
            None,
            RESPONDERS | OFFICERS | {Role.PRODUCT_OWNER},
            asks=("duty", "person?", "note?"),
            again=True,
            is_loose=True,
        ),
        Move(
            "release",
            OPEN | {State.RESOLVED},
            None,
            RESPONDERS | OFFICERS | {Role.PRODUCT_OWNER},
            asks=("assignment", "note?"),
            again=True,
            is_loose=True,
        ),
        Move("still_on_it", AT_WORK, None, RESPONDERS | OFFICERS, again=True),
        Move("contain", OPEN, State.CONTAINED, RESPONDERS | OFFICERS, asks=("note",), again=True),
        Move("investigate", AT_WORK, State.INVESTIGATING, RESPONDERS | OFFICERS),
        Move("remediate", AT_WORK, State.REMEDIATING, RESPONDERS, asks=("note",)),
        Move("verify", AT_WORK, State.VERIFYING, RESPONDERS, asks=("note?",), again=True),
        Move("resolve", AT_WORK, State.RESOLVED, RESPONDERS | {Role.SECURITY_OFFICER}, asks=("note",)),
        Move("close", frozenset({State.RESOLVED}), State.CLOSED, JUDGES, asks=("note?",)),
        Move("false_positive", OPEN, State.FALSE_POSITIVE, JUDGES, asks=("reason",)),
        Move(
            "reopen",
            frozenset({State.RESOLVED, State.FALSE_POSITIVE}),
            State.ACKNOWLEDGED,
            RESPONDERS | OFFICERS,
            asks=("reason",),
            back=True,
        ),
        Move("merge", OPEN, State.CLOSED, RESPONDERS | OFFICERS, asks=("into", "reason")),
        Move("split", OPEN, None, RESPONDERS | OFFICERS, asks=("alert", "reason"), again=True),
        Move("tell", frozenset(State), None, RELEASERS, asks=("telling",), again=True, is_loose=True),
        Move("affected", frozenset(State), None, COUNTERS, asks=("period",), again=True, is_loose=True),
        Move("draft", frozenset(State), None, COUNTERS, asks=("document",), again=True, is_loose=True),
        Move(
            "remedy",
            frozenset(State),
            None,
            OFFICERS | {Role.PRODUCT_OWNER, Role.ADMIN},
            asks=("offer", "offered_to?", "outcome?"),
            again=True,
            is_loose=True,
        ),
        Move("impact", OPEN, None, LEARNERS, asks=("revenue", "customers?", "note?"), again=True, is_loose=True),
        Move(
            "decide",
            LEARNT,
            None,
            RESPONDERS | OFFICERS,
            asks=("decision", "reason", "owner", "due?"),
            again=True,
            is_loose=True,
        ),
        Move(
            "root_cause",
            LEARNT,
            None,
            RESPONDERS | OFFICERS,
            asks=("cause_type", "version?", "trigger", "cause", "corrective", "owner", "due", "preventive"),
            again=True,
            is_loose=True,
        ),
        Move("follow_up", LEARNT, None, LEARNERS, asks=("what", "owner", "due", "needed"), again=True, is_loose=True),
        Move(
            "follow_up_done", frozenset(State), None, LEARNERS, asks=("follow_up", "note?"), again=True, is_loose=True
        ),
        Move(
            "review",
            frozenset({State.RESOLVED, State.CLOSED}),
            None,
            RESPONDERS | OFFICERS,
            asks=("note", "attendees?", "owner"),
            again=True,
            is_loose=True,
        ),
    )
}

# Only reopening takes an incident back: a freeze that led from remediating to contained would lose what was done.
ORDER = tuple(State)


def make(verb: str, state: State, roles: Set[Role]) -> State:
    """Return the state that `verb` leads to; raise NotAllowed or NotNow where there is no such move.

    >>> make("acknowledge", State.DETECTED, {Role.ON_CALL})
    <State.ACKNOWLEDGED: 'acknowledged'>
    >>> make("freeze", State.REMEDIATING, {Role.ON_CALL})
    <State.REMEDIATING: 'remediating'>
    """
    move = MOVES[verb]
    allow(verb, roles)
    if state not in move.source:
        raise NotNow(verb, state, move.source)
    if move.target is None:
        return state
    return move.target if move.back else max(state, move.target, key=ORDER.index)


def allow(verb: str, roles: Set[Role]) -> None:
    """Raise NotAllowed where none of the roles may use the verb."""
    if not MOVES[verb].by & roles:
        raise NotAllowed(verb, MOVES[verb].by)


def second(verb: str, severity: Severity) -> frozenset[Role]:
    """Return the roles of which a second person must hold one and approve; none where one person is enough.

    >>> second("freeze", Severity.CRITICAL), second("unfreeze", Severity.HIGH)
    (frozenset(), frozenset())
    """
    move = MOVES[verb]
    return move.second if severity in move.second_at else frozenset()


def is_done(verb: str, state: State) -> bool:
    """Return whether the incident already is where the verb leads, so that a second press is no mistake.

    >>> is_done("acknowledge", State.CONTAINED)
    True
    >>> is_done("resolve", State.ACKNOWLEDGED)
    False
    """
    move = MOVES[verb]
    return not (move.again or move.back) and move.target is not None and ORDER.index(state) >= ORDER.index(move.target)


def possible(state: State) -> list[Move]:
    """Return the moves that the state allows, in the order of the table."""
    return [move for move in MOVES.values() if state in move.source and not is_done(move.verb, state)]
