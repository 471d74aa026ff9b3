"""The two forms in which shifts change hands: one is taken or given, two are swapped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from analysis.response import fields
from analysis.response.oncall import Duty
from analysis.rotas import Place
from templates.slack.blocks import Block, plain, section
from templates.slack.limits import OPTION, OPTIONS, PLACEHOLDER, TITLE
from templates.slack.oncall import FORM, SWAP, Seen, title

View = dict[str, Any]
WHO_MAY = "Who gives or takes the shift may do this, and so may an ML Lead or an Admin. The other person is told."


def override(seen: Seen, user: str) -> View:
    """Return the form in which a shift changes hands: who, which place, from when until when, why."""
    soon = int(seen.now.timestamp()) // 1800 * 1800 + 1800  # the next half hour
    places = [{"text": plain(place.capitalize()), "value": place.value} for place in Place]
    return _form(
        FORM,
        seen,
        "Take or give a shift",
        [
            section(f"*{title(seen.rota.name)}*", WHO_MAY),
            _asked("person", "Who has it", {"type": "users_select", "initial_user": user}),
            _asked("place", "As", {"type": "radio_buttons", "options": places, "initial_option": places[0]}),
            _asked("from", "From", {"type": "datetimepicker", "initial_date_time": soon}),
            _asked("to", "Until", {"type": "datetimepicker", "initial_date_time": soon + 8 * 3600}),
            _why(),
        ],
    )


def swap(seen: Seen, user: str, coming: Sequence[Duty]) -> View:
    """Return the form in which two shifts change hands; where there are not two to swap, it says so."""
    options = [_option(seen, duty) for duty in coming[:OPTIONS]]
    if len({seen.plain_name(duty.person) for duty in coming}) < 2:
        none = section(f"*{title(seen.rota.name)}*", "No two people have shifts in the next four weeks to swap.")
        return _form(SWAP, seen, "Swap two shifts", [none])
    mine = next((option for option, duty in zip(options, coming, strict=False) if seen.is_of(duty, user)), None)
    prompt = {"placeholder": plain("Choose a shift", PLACEHOLDER)}
    choice = {"type": "static_select", "options": options, **prompt}
    return _form(
        SWAP,
        seen,
        "Swap two shifts",
        [
            section(
                f"*{title(seen.rota.name)}*",
                "Each of the two has the other's shift then. Either of them may do this, and so may an ML Lead or an "
                f"Admin; both are told, and either can take it back. Times are those of {seen.rota.zone}.",
            ),
            _asked("give", "This shift", choice | ({"initial_option": mine} if mine else {})),
            _asked("take", "for this one", choice),
            _why(),
        ],
    )


def _form(callback: str, seen: Seen, title_text: str, blocks: list[Block]) -> View:
    can_send = any(block["type"] == "input" for block in blocks)
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": seen.rota.name,
        "title": plain(title_text, TITLE),
        **({"submit": plain("Save" if callback == FORM else "Swap", TITLE)} if can_send else {}),
        "close": plain("Cancel", TITLE),
        "blocks": blocks,
    }


def _asked(name: str, label: str, element: Block) -> Block:
    return {"type": "input", "block_id": name, "label": plain(label), "element": {"action_id": name, **element}}


def _why() -> Block:
    element = {
        "type": "plain_text_input",
        "max_length": fields.LONGEST,
        "placeholder": plain("So that others understand it later"),
    }
    return _asked("reason", "Reason", element) | {"optional": True}


def _option(seen: Seen, duty: Duty) -> Block:
    since, until = (_wall(at, seen.rota.zone) for at in (duty.starts_at, duty.ends_at))
    what = f"{since} – {until} · {duty.place}"
    name = seen.plain_name(duty.person)[: OPTION - len(what) - 2]
    return {"text": plain(f"{name}, {what}", OPTION), "value": duty.key}


def _wall(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}"
