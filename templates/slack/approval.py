"""The message that asks a second person: in the thread of its incident, edited when it is decided."""

from collections.abc import Sequence, Set

from analysis.response import fields, life
from analysis.response.approving import Status
from analysis.vocabulary import Role
from storage.approvals import ApprovalView
from storage.tables import Approval
from templates import approvals
from templates.slack.blocks import Block, Message, actions, button, plain, section
from templates.slack.limits import CONFIRM, PLACEHOLDER, TITLE
from templates.slack.mrkdwn import code, date, mention, said

LONGEST = fields.LONGEST
APPROVE, DECLINE = "approval:approve", "approval:decline"
SIGNS = {
    Status.APPROVED: "✅", Status.DECLINED: "❌", Status.WITHDRAWN: "↩️", Status.EXPIRED: "⌛", Status.VOID: "🚫",
}  # fmt: skip


def message(view: ApprovalView) -> Message:
    """Return the wish with its buttons while it waits, calling who may approve; then how it ended, ringing nobody."""
    approval = view.approval
    if approval.status != Status.PENDING:
        text = f"{SIGNS[Status(approval.status)]} {_ended(view)}"
        return Message(text, [section(text, *approvals.given(approval))])
    first = f"👥 *{person(approval.requested_by, view)} asks: {approvals.title(approval.verb)}* ({code(approval.id)})"
    lines = [first, *approvals.given(approval), needed(view)]
    return Message(first, [section(*lines), buttons(approval)])


def line(view: ApprovalView) -> str:
    """Return the wish in two lines, for a list."""
    approval = view.approval
    first = f"👥 *{approvals.title(approval.verb)}* · {code(approval.subject)} · {code(approval.id)}"
    asked = f"{person(approval.requested_by, view)} asked {date(approval.requested_at)}"
    return "\n".join([first, f"{asked}; it lapses {date(approval.expires_at)}", *approvals.given(approval)])


def own_line(view: ApprovalView) -> str:
    """Return one's own wish in two lines: what it is, and whom it waits for."""
    approval = view.approval
    first = f"👥 *{approvals.title(approval.verb)}* · {code(approval.subject)} · {code(approval.id)}"
    so_far = f"; so far: {names_of(view)}" if view.votes else ""
    return f"{first}\nIt needs {approvals.needs(approval)}{so_far}. It lapses {date(approval.expires_at)}"


def take_back(approval: Approval) -> Block:
    """Return the button with which who asked takes the wish back; a form asks why, as for any no."""
    return button("Take it back", DECLINE, approval.id) | {"accessibility_label": f"Take back {approval.id}"}


def waits_for(view: ApprovalView, person: str, roles: Set[Role]) -> bool:
    """Return whether somebody of those roles can still say yes to it."""
    given = {vote.part for vote in view.votes}
    has_part = person in {view.approval.requested_by, *(vote.by for vote in view.votes)}
    parts = enumerate(view.approval.needs["parts"])
    return not has_part and any(number not in given and roles & set(part) for number, part in parts)


def buttons(approval: Approval) -> Block:
    """Return the row of the two buttons; yes is asked for twice."""
    second_thought = {
        "confirm": {
            "title": plain(approvals.title(approval.verb), CONFIRM["title"]),
            "text": plain("It is done at once, in both your names.", CONFIRM["text"]),
            "confirm": plain("Approve", CONFIRM["confirm"]),
            "deny": plain("Cancel", CONFIRM["deny"]),
        }
    }
    move = life.MOVES.get(approval.verb)
    yes = {
        **button("Approve", APPROVE, approval.id),
        "style": "primary",
        "accessibility_label": f"Approve {approval.id}: {approvals.title(approval.verb)}",
        **(second_thought if move is None or move.word is None else {}),  # else a form asks for a word
    }
    no = {**button("Decline", DECLINE, approval.id), "accessibility_label": f"Decline {approval.id}, with a reason"}
    return actions(f"approval:{approval.id}", [yes, no])


def person(actor: str, view: ApprovalView) -> str:
    """Return a person's name, so that nobody is rung; one not known by name is mentioned."""
    known = view.people.get(actor)
    return said(known.name) if known else "The policy" if actor == "system" else mention(actor)


def _ended(view: ApprovalView) -> str:
    approval = view.approval
    who = names_of(view) if approval.status == Status.APPROVED else person(str(approval.decided_by), view)
    how = approvals.ended(approval.status, who, approval.reason)
    at = f" {date(approval.decided_at)}" if approval.decided_at else ""
    asked = person(approval.requested_by, view)
    return f"*{approvals.title(approval.verb)}* ({code(approval.id)}), asked for by {asked}, {how}{at}."


def names_of(view: ApprovalView) -> str:
    """Return who has approved so far."""
    return ", ".join(person(vote.by, view) for vote in view.votes) or "nobody"


def needed(view: ApprovalView) -> str:
    """Return whom it needs, who has agreed, and until when."""
    approval = view.approval
    people = " ".join(mention(str(one)) for one in approval.needs.get("people", []))
    whom = people or "*Nobody else holds that role now.*"
    so_far = f" So far: {names_of(view)}." if view.votes else ""
    return (
        f"It needs {approvals.needs(approval)}. {whom}{so_far} Without an answer it lapses {date(approval.expires_at)}."
    )


def confirm(view: ApprovalView, word: str, about: Sequence[str]) -> dict[str, object]:
    """Return the modal in which who approves types a word, after what was looked at."""
    element = {"type": "plain_text_input", "action_id": "word", "placeholder": plain(word, PLACEHOLDER)}
    return {
        "type": "modal",
        "callback_id": APPROVE,
        "private_metadata": view.approval.id,
        "title": plain(approvals.title(view.approval.verb), TITLE),
        "submit": plain("Approve", TITLE),
        "close": plain("Cancel", TITLE),
        "blocks": [
            section(line(view)),
            *([section(*about)] if about else []),
            {
                "type": "input",
                "block_id": "word",
                "label": plain(f"Type {word} to have it done, in both your names"),
                "element": element,
            },
        ],
    }


def decline(view: ApprovalView, *, is_own: bool) -> dict[str, object]:
    """Return the modal that asks why: no, or, of one's own wish, taken back; one that has ended says how."""
    approval = view.approval
    word = "Take it back" if is_own else "Decline"
    waits = approval.status == Status.PENDING
    first = line(view) if waits else f"{SIGNS[Status(approval.status)]} {_ended(view)}"
    return {
        "type": "modal",
        "callback_id": DECLINE,
        "private_metadata": approval.id,
        "title": plain(word, TITLE),
        **({"submit": plain(word, TITLE)} if waits else {}),
        "close": plain("Cancel" if waits else "Close", TITLE),
        "blocks": [section(first), *([_why(is_own=is_own)] if waits else [])],
    }


def _why(*, is_own: bool) -> Block:
    prompt = "Why it is not wanted any more" if is_own else "What speaks against it; who asked reads this"
    element = {
        "type": "plain_text_input",
        "action_id": "reason",
        "multiline": True,
        "max_length": LONGEST,
        "placeholder": plain(prompt, PLACEHOLDER),
    }
    return {"type": "input", "block_id": "reason", "label": plain("Reason"), "element": element}
