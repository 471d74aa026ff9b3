"""What a verb asks for before it acts: one modal a verb, its fields those of the move, under the same names."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from analysis.response import fields, life
from analysis.response.fields import Form
from storage.incidents import IncidentView
from templates import names
from templates.slack import incident, report
from templates.slack.blocks import Block, section
from templates.slack.blocks import plain as plain_text
from templates.slack.limits import BLOCKS, OPTION, PLACEHOLDER, TITLE
from templates.slack.mrkdwn import code, said
from templates.verbs import VERBS
from templates.verbs.row import Asked, Modal, Option

IN_SIGHT = 5  # so many choices are all shown; more are a list to open

View = dict[str, Any]


def modal(verb: str, view: IncidentView, now: datetime, note: str | None = None) -> View:
    """Return the modal of a verb that asks for something; `note` is a line the caller knows (whom it calls).

    Where a choice has nothing to choose from, it says so and has no button.
    """
    words = _of(verb)
    inputs = [_input(words, asked, view) for asked in life.MOVES[verb].asks]
    can_send = all(block["type"] == "input" for block in inputs)
    return {
        **_frame(verb, view),
        **({"submit": plain_text(words.submit, TITLE)} if can_send else {}),
        "close": plain_text("Cancel", TITLE),
        "blocks": [section(*_about(verb, view, now, note)), *inputs],
    }


def heading(view: IncidentView) -> str:
    """Return which incident a form is about: model, severity and id."""
    return f"*{said(view.model.name)}* · {names.severity(view.incident.severity)} · {code(view.incident.id)}"


def refused(verb: str, sentence: str) -> View:
    """Return what is shown where the verb may not be used; the sentence comes from `answers`."""
    words = VERBS[verb].modal if verb in VERBS else None
    return notice(words.title if words else "Not done", sentence)


def notice(title: str, sentence: str) -> View:
    """Return a modal that only says something."""
    return {
        "type": "modal",
        "title": plain_text(title, TITLE),
        "close": plain_text("Close", TITLE),
        "blocks": [section(sentence)],
    }


def document(view: IncidentView, now: datetime) -> View:
    """Return the incident's whole story as a modal."""
    return {
        "type": "modal",
        "title": plain_text(view.incident.id, TITLE),
        "close": plain_text("Close", TITLE),
        "blocks": report.blocks(view, now)[: BLOCKS["modal"]],
    }


def _of(verb: str) -> Modal:
    words = VERBS[verb].modal
    assert words is not None  # tests/contracts: a verb that asks for something has one
    return words


def _frame(verb: str, view: IncidentView) -> View:
    shown = view.incident
    return {
        "type": "modal",
        "callback_id": f"move:{verb}",
        "private_metadata": f"{shown.id}:{shown.state}:{shown.version}",
        "title": plain_text(_of(verb).title, TITLE),
    }


def _about(verb: str, view: IncidentView, now: datetime, note: str | None) -> list[str]:
    words = _of(verb)
    return [
        heading(view),
        said(incident.told(view)[0], incident.LONGEST_SENTENCE),
        *words.about(view),
        f"➡️ {note}" if note else "",
        f"_{words.does}_",
    ]


def _input(words: Modal, asked: str, view: IncidentView) -> Block:
    """Return the input of a field, block id and action id its name; a line where there is nothing to choose."""
    name = asked.rstrip("?")
    row, field = words.fields[name], fields.of(name)
    options = row.options(view) if row.options else [Option(one, names.first(one)) for one in field.options]
    if field.form is Form.CHOICE and not options:
        return section(f"*{said(row.label)}*", "There is nothing to choose from now.")
    hint = row.hint if isinstance(row.hint, str) else row.hint(view)
    return {
        "type": "input",
        "block_id": name,
        "optional": fields.is_optional(asked),
        "label": plain_text(row.label),
        "element": {"action_id": name, **_element(field, row, options, row.chosen(view) if row.chosen else None)},
        **({"hint": plain_text(hint)} if hint else {}),
    }


def _element(field: fields.Field, row: Asked, options: Sequence[Option], chosen: str | None) -> Block:
    if field.form is Form.CHOICE:
        return _choice(row, options, chosen)
    return ELEMENTS[field.form](field, row, chosen)


def _choice(row: Asked, options: Sequence[Option], chosen: str | None) -> Block:
    in_sight = len(options) <= IN_SIGHT
    drawn = {option.value: _option(option) for option in options}
    return {
        "type": "radio_buttons" if in_sight else "static_select",
        "options": list(drawn.values()),
        **({"initial_option": drawn[chosen]} if chosen in drawn else {}),
        **({} if in_sight else _prompt(row)),
    }


def _option(option: Option) -> Block:
    means = {"description": plain_text(option.means, OPTION)} if option.means else {}
    return {"text": plain_text(option.text, OPTION), **means, "value": option.value}


def _text(field: fields.Field, row: Asked, chosen: str | None) -> Block:
    return {
        "type": "plain_text_input",
        "multiline": field.form is Form.TEXT,
        "max_length": field.longest,
        **_prompt(row),
        **({"initial_value": chosen[: field.longest]} if chosen else {}),
    }


def _person(field: fields.Field, row: Asked, chosen: str | None) -> Block:
    return {"type": "users_select", **_prompt(row), **({"initial_user": chosen} if chosen else {})}


def _moment(field: fields.Field, row: Asked, chosen: str | None) -> Block:
    initial = {"initial_date_time": int(fields.moment(chosen).timestamp())} if chosen else {}
    return {"type": "datetimepicker", **initial}


def _day(field: fields.Field, row: Asked, chosen: str | None) -> Block:
    return {"type": "datepicker", **_prompt(row), **({"initial_date": chosen} if chosen else {})}


def _prompt(row: Asked) -> Block:
    return {"placeholder": plain_text(row.prompt, PLACEHOLDER)} if row.prompt else {}


ELEMENTS: dict[Form, Callable[[fields.Field, Asked, str | None], Block]] = {
    Form.TEXT: _text,
    Form.LINE: _text,
    Form.SEGMENT: _text,
    Form.RATE: _text,
    Form.PERSON: _person,
    Form.MOMENT: _moment,
    Form.DAY: _day,
}
