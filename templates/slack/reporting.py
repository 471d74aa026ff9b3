"""The form in which people report an incident, and what they are told when it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.response import fields, reports
from analysis.response.impact import LEAST, Revenue
from analysis.response.reports import Kind
from analysis.vocabulary import Severity
from templates import names, reported
from templates.slack.blocks import Block, plain, section
from templates.slack.limits import OPTION, TITLE
from templates.slack.mrkdwn import code, said
from templates.verbs.judging import REVENUE

FORM = "report"
TITLE_TEXT = "Report an incident"
LONGEST_QUOTE = 500
MOST_MODELS = 100  # options of one list in Slack

Model = tuple[str, str]  # id, name


def form(models: Sequence[Model], quote: Mapping[str, Any] | None = None, kept: str = "") -> dict[str, Any]:
    """Return the form; `kept` names the quoted message, which it shows."""
    shown = [section("*The message you quote is kept as evidence:*", f"> {_quoted(quote)}")] if quote else []
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": kept,
        "title": plain(TITLE_TEXT, TITLE),
        "submit": plain("Report", TITLE),
        "close": plain("Cancel", TITLE),
        "blocks": [
            section(
                "Opens an incident and calls the people it needs. Where it is known already, your report joins it."
            ),
            *shown,
            _input("kind", "What happened", _kinds()),
            _input("model", "Model", _models(models)),
            _input(
                "description", "Description", _description(), "Who saw what, when; no more personal data than needed."
            ),
            _input(
                "severity",
                "Severity",
                _severities(),
                "Left empty: what that kind is at least. You can say worse, not milder.",
            ),
            _input(
                "revenue",
                "Revenue that is touched",
                _revenues(),
                "Left empty if you do not know. More than 5 % makes it high at least.",
            ),
        ],
    }


def sent(facts: Mapping[str, Any]) -> str:
    """Return what the person is told when the report is in, in Slack's markup."""
    incident, where = code(facts.get("incident", "?")), said(f"#{facts.get('channel', '?')}")
    severity = names.severity(str(facts["severity"])) if facts.get("severity") in set(Severity) else ""
    if facts.get("joined"):
        return f"Thank you. This is known: your report went to {incident} in {where}, which is {severity}."
    return f"Thank you. {incident} is open in {where}: {severity}. The people on call are told."


def _quoted(quote: Mapping[str, Any]) -> str:
    return said(quote.get("text") or "(a message without words)", LONGEST_QUOTE)


def _input(name: str, label: str, element: Block, hint: str = "") -> Block:
    return {
        "type": "input",
        "block_id": name,
        "optional": f"{name}?" in reports.ASKS,
        "label": plain(label),
        "element": {"action_id": name, **element},
        **({"hint": plain(hint)} if hint else {}),
    }


def _kinds() -> Block:
    groups = [
        {"label": plain(label, OPTION), "options": [_kind(one) for one in kinds]}
        for label, kinds in reported.GROUPS.items()
    ]
    return {"type": "static_select", "option_groups": groups}


def _kind(kind: Kind) -> Block:
    least = f"at least {names.SEVERITY[reports.MEANS[kind].severity].lower()}"
    meaning = reported.MEANING.get(kind)
    return _option(kind.value, reported.NAMES[kind], f"{meaning}: {least}" if meaning else names.first(least))


def _models(models: Sequence[Model]) -> Block:
    options = [_option(id, name) for id, name in models[:MOST_MODELS]]
    return {"type": "static_select", "options": options} | ({"initial_option": options[0]} if len(options) == 1 else {})


def _description() -> Block:
    return {"type": "plain_text_input", "multiline": True, "max_length": fields.LONGEST}


def _severities() -> Block:
    return {"type": "static_select", "options": [_option(one.value, names.severity(one)) for one in reversed(Severity)]}


def _revenues() -> Block:
    options = [
        _option(one.value, REVENUE[one], f"at least {names.SEVERITY[LEAST[one]].lower()}" if LEAST[one].rank else "")
        for one in Revenue
    ]
    return {"type": "static_select", "options": options}


def _option(value: str, text: str, means: str = "") -> Block:
    more = {"description": plain(means, OPTION)} if means else {}
    return {"text": plain(text, OPTION), "value": value, **more}
