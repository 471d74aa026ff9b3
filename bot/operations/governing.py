"""Changes of the policy: proposed by one, approved by ML Lead, Compliance and CTO under the policy before (003 §9).

The file is read once, at install. Afterwards the version in force is in the database, so that nobody gives himself a
role by editing a file.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from sqlmodel import Session

from analysis import changes
from analysis.errors import BadInput, Missing, NotAllowed, Refused
from analysis.policy import Policy
from analysis.response import approving, permissions
from analysis.response.outcomes import Kind, Outcome
from analysis.response.permissions import Action
from analysis.vocabulary import Role
from bot.operations import asking, detection, notices
from bot.operations.arriving import repeated
from bot.operations.asking import Place, Wanted
from bot.operations.deciding import Case, Subject
from bot.services import Services, whole
from storage import audit, policies
from storage.tables import Approval, PolicyVersion

log = structlog.get_logger(__name__)

VERB = Action.POLICY.value


@dataclass(frozen=True)
class Proposal:
    """Somebody wants another policy."""

    actor: str
    text: str
    reason: str
    delivery: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)  # what the door knows of the person, for the audit log


@whole
def propose(services: Services, proposal: Proposal) -> Outcome:
    """Return the wish that now waits for three others, or who has asked already; a refusal is an outcome too."""
    now = services.clock()
    with services.transaction() as session:
        if again := repeated(session, proposal.delivery, VERB, now):
            return again
        try:
            outcome = _proposed(services, session, proposal)
        except Refused as error:
            outcome = Outcome(Kind.REFUSED, VERB, {}, error)
        data: dict[str, Any] = (
            {"why": outcome.error.reason} if outcome.error else {"approval": outcome.facts["approval"]}
        )
        data |= {"sha256": policies.digest(proposal.text), "reason_hmac": services.keys.hashed(proposal.reason)}
        audit.append(session, audit.Entry(proposal.actor, VERB, "policy", outcome.kind, data | proposal.facts), now)
    return outcome


def _proposed(services: Services, session: Session, proposal: Proposal) -> Outcome:
    permissions.permit(Action.POLICY, services.roles(session, proposal.actor))
    if not proposal.reason.strip():
        raise Missing(VERB, "reason")
    try:
        policies.parse(proposal.text, "the proposal")
    except BadInput as error:
        raise Missing(VERB, "policy", f"does not hold: {str(error)[:1_000]}") from None
    now_in_force = policies.in_force(session)
    assert now_in_force is not None  # installed before a door opens
    differ = changed(now_in_force.text, proposal.text)
    if not differ:
        raise Missing(VERB, "policy", "says what the version in force says")
    fields = {"text": proposal.text, "reason": proposal.reason, "changes": differ}
    bound_to, login = _bound_to(proposal.text, now_in_force), proposal.facts.get("login")
    wanted = Wanted(VERB, "policy", bound_to, approving.POLICY, proposal.actor, fields, login)
    approval, is_new = asking.ask(services, session, wanted, Place(services.policy.engineering), services.clock())
    if not is_new:
        asked = {"by": approval.requested_by, "at": approval.requested_at.isoformat(), "is_asked": True}
        return Outcome(Kind.ALREADY, VERB, {"approval": approval.id} | asked)
    asking.tell_each(session, approval)
    roles = [role.value for part in approving.POLICY for role in part]
    facts = {"approval": approval.id, "roles": roles, "until": approval.expires_at.isoformat(), "is_each": True}
    return Outcome(Kind.REQUESTED, VERB, facts)


def changed(before: str, after: str) -> list[dict[str, Any]]:
    """Return what differs between two texts, fit to be kept."""
    found = changes.differences(policies.document(before), policies.document(after))
    return [{"path": one.path, "before": _said(one.before), "after": _said(one.after)} for one in found]


def _said(value: object) -> str | None:
    return None if value is None else str(value)[:200]


def _bound_to(text: str, before: PolicyVersion) -> str:
    return f"{policies.digest(text)}:{before.id}:{before.sha256}"


def _bound(_services: Services, session: Session, approval: Approval) -> str | None:
    before = policies.in_force(session)
    return _bound_to(str(approval.fields["text"]), before) if before else None


def _activate(case: Case) -> Outcome:
    """Put the proposal in force; every process takes it over with its next transaction."""
    text, by = str(case.approval.fields["text"]), case.approval.requested_by
    version = policies.activate(case.session, text, by, case.now, case.approval.id)
    return Outcome(Kind.DONE, VERB, {"version": version.id, "sha256": version.sha256})


SUBJECT = Subject(_bound, lambda _approval: permissions.ACTIONS[Action.POLICY], _activate)


def may_install(policy: Policy, by: str) -> None:
    """Raise NotAllowed for whom the first policy itself does not name an Admin: there is no other to ask yet."""
    if by not in policy.roles.get(Role.ADMIN, ()):
        raise NotAllowed(VERB, {Role.ADMIN})


def look(services: Services, path: Path) -> None:
    """Tell #engineering, once a text, that the file is not what is in force: editing it changes nothing."""
    try:
        _, text = policies.read(path)
        known = policies.digest(text)
    except BadInput as error:
        log.warning("the policy file cannot be read; the version in force holds", error=str(error))
        return
    now = services.clock()
    with services.transaction() as session:
        before = policies.in_force(session)
        if before is None or known == before.sha256:
            return
        log.warning("the policy file is not what is in force", file=str(path), version=before.id)
        key = f"policy_file:{before.id}:{known[:16]}"
        notices.owe(session, key, services.policy.engineering, now, about="policy_file", version=before.id)


@dataclass
class Following:
    """Notices within a second that another policy is in force, and registers the models that it adds."""

    services: Services
    _seen: int | None = None

    def step(self) -> bool:
        """Return False: there is never more to do at once."""
        self._seen = self._seen or self.services.policy_version
        self.services.refresh()
        if self.services.policy_version != self._seen:
            self._seen = self.services.policy_version
            log.info("another policy is in force", version=self._seen)
            detection.register(self.services)
        return False
