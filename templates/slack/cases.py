"""What models left to people, in Slack: the list, the form in which one is decided, and the way to the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.response import cases as rules
from analysis.response.fields import LONGEST
from analysis.vocabulary import Oversight
from storage.cases import CaseView, Queue
from storage.tables import ReviewItem
from templates import cases, figures, names
from templates.slack.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    divider,
    facts,
    more,
    mrkdwn,
    plain,
    section,
)
from templates.slack.limits import FIELD, OPTION, OPTIONS, PLACEHOLDER, TITLE
from templates.slack.mrkdwn import code, date, said

FORM, OPEN, NEXT = "case", "case:open", "case:next"
MOST, LONGEST_VALUE = 10, 120
NARROW, COLUMN = 60, 10  # characters of a line in a column, lines of one
IN_SIGHT = 5  # so many choices are all shown; more are a list to open
NOTHING = "Nothing waits: no model has left anything to people that is not decided."

View = dict[str, Any]


@dataclass(frozen=True)
class About:
    """What the policy says of the request's model."""

    name: str
    outcomes: Sequence[str] = ()
    hidden: Sequence[str] = ()
    confidence: float = 0.0


def answer(queues: Mapping[str, Queue], found: Sequence[ReviewItem], now: datetime) -> Message:
    """Return what waits, what nobody has answered first, then the longest waiting."""
    total = sum(queue.waiting + queue.samples for queue in queues.values())
    told = [cases.of_model(queue) for queue in queues.values()]
    if not found:
        return Message(NOTHING, [section(NOTHING, *told)])
    head = f"{figures.counted(total, 'request')} for people to decide or look at"
    names_model = len({one.model_id for one in found}) > 1
    lines = [section(*_line(one, now, names_model), accessory=_open(one)) for one in found[:MOST]]
    return Message(head, [section(f"*{head}*", *told), *lines, *more(total - len(lines))])


def form(item: ReviewItem, about: About) -> View:
    """Return the form in which the request is decided; nothing is chosen beforehand, that nobody only nods."""
    is_sample = rules.is_sample(item.level)
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": str(item.id),
        "title": plain("Look at a sample" if is_sample else "Decide a request", TITLE),
        "submit": plain("Keep" if is_sample else "Decide", TITLE),
        "close": plain("Cancel", TITLE),
        "blocks": [
            section(f"*{said(about.name)}* · {code(item.request, LONGEST_VALUE)}", _why(item, about)),
            facts(_model(item)),
            *_attributes(item, about),
            divider(),
            _input("decision", "What is right" if is_sample else "Your decision", _choice(about), ""),
            _input(
                "note",
                "Why",
                {"type": "plain_text_input", "multiline": True, "max_length": LONGEST},
                "Needed where you decide otherwise than the model proposed. It is kept with the decision.",
                optional=True,
            ),
        ],
    }


def ended(sentence: str, queue: Queue) -> View:
    """Return what became of it, how many still wait, and the button to the next."""
    left = queue.waiting + queue.samples
    pressed = [actions(NEXT, [button("Next", NEXT, queue.model_id)])] if left else []
    return {
        "type": "modal",
        "title": plain("For people to decide", TITLE),
        "close": plain("Close", TITLE),
        "blocks": [section(sentence), context(cases.line(queue) or NOTHING), *pressed],
    }


def button_of(queue: Queue) -> Block:
    """Return the button that opens what has waited longest of the model."""
    return button("Decide", NEXT, queue.model_id)


def decided(view: CaseView) -> str:
    """Return who decided it before, how and when, by a name that rings nobody."""
    item = view.item
    who = f"*{said(view.by.name)}*" if view.by else said(item.decided_by or "?")
    at = f" {date(item.decided_at)}" if item.decided_at else ""
    return f"☑️ {code(item.request)} is decided: *{said(item.decision)}*, by {who}{at}."


def _line(item: ReviewItem, now: datetime, names_model: bool) -> list[str]:
    sample = " · answered already" if rules.is_sample(item.level) else ""
    model = f"{code(item.model_id)} " if names_model else ""
    first = f"{model}{code(item.request)} · {_proposed(item)}{sample}"
    return [first, f"for {figures.span(now - item.at)}, since {date(item.at)}"]


def _proposed(item: ReviewItem) -> str:
    what = f"the model proposes *{said(item.proposal)}*" if item.proposal else "the model proposes nothing"
    return f"{what}, {figures.share(item.confidence)} sure" if item.confidence is not None else what


def _open(item: ReviewItem) -> Block:
    return button("Look" if rules.is_sample(item.level) else "Decide", OPEN, str(item.id))


def _why(item: ReviewItem, about: About) -> str:
    """Return why people see it, and since when."""
    since = f"since {date(item.at)}"
    incident = f" ({code(item.incident_id)})" if item.incident_id else ""
    if rules.is_sample(item.level):
        return f"🔎 The model has *answered this already*; it was drawn to be looked at, {since}. Was that right?"
    if item.level == Oversight.REVIEW_ALL:
        return f"⏳ Waits {since}: people decide every request of this model now{incident}."
    unsure = f"people decide what it is less than {figures.share(about.confidence)} sure of" if about.confidence else ""
    level = names.LEVEL[Oversight(item.level)].name.lower()
    return f"⏳ Waits {since}: {unsure or level}{incident}."


def _model(item: ReviewItem) -> list[tuple[str, str]]:
    pairs = [
        ("The model proposed" if rules.is_sample(item.level) else "The model proposes", item.proposal),
        ("Version", item.version),
        ("Score", None if item.score is None else figures.number(item.score)),
        ("How sure it is", None if item.confidence is None else figures.share(item.confidence)),
    ]
    return [(name, f"*{said(value)}*" if value else "not told") for name, value in pairs]


def _attributes(item: ReviewItem, about: About) -> list[Block]:
    """Return what was sent along, but for what must not count in a decision."""
    shown = rules.shown(item.seen, about.hidden)
    lines = [f"• {said(name)}: *{_value(value)}*" for name, value in shown.items()]
    hidden = sorted(set(item.seen) - set(shown))
    kept = f"Kept, but not shown to who decides: {', '.join(code(name) for name in hidden)}." if hidden else ""
    return [*_columns(lines), *([context(f"🙈 {kept}")] if kept else [])]


def _columns(lines: Sequence[str]) -> list[Block]:
    """Return every line: in two columns where all are short."""
    if any(len(line) > NARROW for line in lines):
        return [section(*lines[start : start + COLUMN]) for start in range(0, len(lines), COLUMN)]
    found = []
    for start in range(0, len(lines), 2 * COLUMN):
        part = lines[start : start + 2 * COLUMN]
        half = (len(part) + 1) // 2
        sides = filter(None, (part[:half], part[half:]))
        found.append({"type": "section", "fields": [mrkdwn("\n".join(side), FIELD) for side in sides]})
    return found


def _value(value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return said(figures.number(value) if isinstance(value, float) else value, LONGEST_VALUE)


def _choice(about: About) -> Block:
    if not about.outcomes:
        return {"type": "plain_text_input", "max_length": rules.LONGEST_DECISION}
    options = [{"text": plain(one, OPTION), "value": one} for one in about.outcomes[:OPTIONS]]
    if len(options) <= IN_SIGHT:
        return {"type": "radio_buttons", "options": options}
    return {"type": "static_select", "options": options, "placeholder": plain("Choose", PLACEHOLDER)}


def _input(name: str, label: str, element: Block, hint: str, *, optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": plain(label),
        "element": {"action_id": name, **element},
        **({"hint": plain(hint)} if hint else {}),
    }
