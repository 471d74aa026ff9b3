"""What `/ethix policy` shows: the version in force, and what is proposed, with its buttons."""

from collections.abc import Sequence

from storage.approvals import ApprovalView
from storage.tables import PolicyVersion
from templates import approvals
from templates.slack import approval
from templates.slack.blocks import Message, context, divider, section
from templates.slack.mrkdwn import code, date, mention, said

MOST_CHANGES = 40


def message(version: PolicyVersion, proposed: Sequence[ApprovalView]) -> Message:
    """Return the version in force and each proposal: who wants it, why, what it changes, who has agreed."""
    head = f"📜 Version {version.id} of the policy is in force"
    by = mention(version.activated_by) if version.activated_by != "install" else "the installation"
    agreed = f", approved as {code(version.approval)}" if version.approval else ""
    blocks = [
        section(
            f"*{head}*", f"since {date(version.activated_at)}, by {by}{agreed}; SHA-256 {code(version.sha256[:12])}…"
        )
    ]
    for view in proposed:
        found = approvals.changes(view.approval.fields.get("changes", []), MOST_CHANGES)
        asked = f"*Proposed by {approval.person(view.approval.requested_by, view)}* ({code(view.approval.id)})"
        why = f"> {said(view.approval.fields.get('reason', ''), 300)}"
        blocks += [
            divider(),
            section(asked, why, *found),
            section(approval.needed(view)),
            approval.buttons(view.approval),
        ]
    if not proposed:
        propose = code("ethixbot policy propose FILE --by you --reason why")
        blocks.append(
            context(f"Nothing is proposed. {propose} proposes a change; an ML Lead, Compliance and the CTO approve it.")
        )
    return Message(head, blocks)
