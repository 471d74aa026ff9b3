"""What is registered of a model, in Slack: its versions, what serves, how far it is restrained, and by whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.detection.alerts import Alert as Raised
from storage.cases import Queue
from storage.incidents import IncidentView
from storage.registry import ALIASES, CHAMPION, RegistryView, why_not
from storage.tables import Alert, AliasChange, ModelVersion, OversightChange, Run
from templates import cases, figures, names
from templates.checksums import PARTS
from templates.slack import status
from templates.slack.blocks import Block, Message, context, divider, listed, section
from templates.slack.mrkdwn import code, date, quote, said

Data = Mapping[str, Any]
MOST_VERSIONS, MOST_CHANGES = 8, 6
SHOWN = 12  # signs of a checksum
LONGEST = 160
MEANS = {CHAMPION: "serves", "fallback": "serves instead while restrained", "last_known_good": "to roll back to"}


def compared(raised: Raised, alert: Alert) -> list[tuple[str, str]]:
    """Return each part that is not as registered, with both checksums, as pairs for the message of its incident."""
    pairs = [("Version", code(raised.lead.column)), ("Since", date(alert.first_at))]
    for one in (raised.lead, *raised.consequences):
        name = names.first(PARTS.get(str(one.group), str(one.group)))
        found = f"found {code(_short(one.facts['found']))}" if one.facts.get("found") else "*nothing is there*"
        pairs.append((name, f"registered {code(_short(one.facts.get('registered')))}\n{found}"))
        pairs.append(("Where", code(one.facts.get("place"), LONGEST)))
    return pairs


def _short(checksum: object) -> str:
    return f"{str(checksum)[:SHOWN]}…"


def moved(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    """Return that an alias was moved in the registry."""
    return [f"{line(data)} ({code(data.get('model', '?'))})"]


def line(data: Data) -> str:
    """Return the same for a thread."""
    name, now, was = data.get("alias", "?"), data.get("version"), data.get("was")
    stands = f"now stands for {code(now)}" if now else "stands for nothing any more"
    before = f"; it was {code(was)}" if was else ""
    serves = " Serving code follows it." if name == CHAMPION else ""
    blocked = f"\n🚨 *That version may not serve*: {said(data['blocked'], LONGEST)}." if data.get("blocked") else ""
    return f"🔀 *{code(name)} {stands}*{before}. It was moved in the registry, not through me.{serves}{blocked}"


def appeared(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    """Return that a version is in the registry which nobody announced."""
    return [f"{new(data)} ({code(data.get('model', '?'))})"]


def new(data: Data) -> str:
    """Return the same for a thread."""
    return (
        f"🆕 *Version {code(data.get('version', '?'))} appeared in the registry unannounced.* "
        "The next check compares it with the active baseline; it starts no baseline of its own."
    )


def away(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    """Return that nobody could look at the registry."""
    return [
        f"⚠️ *The registry of {code(data.get('model', '?'))} could not be looked at.* No checksum was compared.",
        f"> {quote(data.get('error', ''), 500)}",
    ]


def unread(data: Data, run: Run | None, views: Sequence[IncidentView]) -> list[str]:
    """Return that what could be read before cannot be read any more."""
    parts = [f"{PARTS.get(one['name'], one['name'])} ({one['why']})" for one in data.get("parts", ())]
    where = f"version {code(data.get('version', '?'))} of {code(data.get('model', '?'))}"
    return [f"⚠️ *The checksums of {where} could not be compared*: {said(', '.join(parts), 300)} cannot be read here."]


def page(view: RegistryView, queue: Queue) -> Message:
    """Return the model: restraint, what waits for people, aliases, versions, and who changed what, when and why."""
    title = f"*{said(view.model.name)}* {code(view.model.id)}"
    held = [f"❄️ *{status.restraint(one)}*\n{_whence(one, view)}" for one in view.standing] or ["🟢 decides by itself"]
    blocks: list[Block] = [section(title, *held, cases.line(queue)), *_aliases(view), divider(), *_versions(view)]
    changes = [_changed(one, view) for one in view.restraints[:MOST_CHANGES]]
    if changes:
        blocks += [divider(), section("*How far it was restrained*"), *listed(changes, MOST_CHANGES)]
    moves = [_move(one, view) for one in view.moves[:MOST_CHANGES]]
    if moves:
        blocks += [divider(), section("*What stood for what before*"), *listed(moves, MOST_CHANGES)]
    return Message(f"{view.model.name}: {figures.counted(view.count, 'version')}", blocks)


def _aliases(view: RegistryView) -> list[Block]:
    held = [(name, view.aliases[name].version) for name in ALIASES if name in view.aliases]
    lines = [f"• {code(name)} ({MEANS[name]}): *{code(version)}*" for name, version in held if version]
    return (
        [section("*What stands for what*", *lines)]
        if lines
        else [context("No version is known to serve: no alias is set.")]
    )


def _versions(view: RegistryView) -> list[Block]:
    if not view.versions:
        how = code(f"ethixbot registry register {view.model.id} <version> --artefact <path>")
        return [context(f"No version is registered: {how}")]
    lines = [_version(one, view) for one in view.versions]
    return [section("*Versions*"), *listed(lines, MOST_VERSIONS, view.count)]


def _version(row: ModelVersion, view: RegistryView) -> str:
    names_of = [name for name in ALIASES if name in view.aliases and view.aliases[name].version == row.version]
    named = f" *{', '.join(names_of).replace('_', ' ')}*" if names_of else ""
    by = _who(row.registered_by, view)
    blocked = "" if row.mismatch or not row.blocked_by else f"\n🚫 may not serve: {said(why_not(row), LONGEST)}"
    return f"{code(row.version)}{named} · registered {date(row.registered_at)} by {by}\n{_sum(row)}{blocked}"


def _sum(row: ModelVersion) -> str:
    """Return how its checksums stand."""
    if row.artefact_sha256 is None:
        return "◽ no checksum is registered"
    short = code(_short(row.artefact_sha256))
    if row.mismatch:
        return f"🚨 *may not serve: {said(row.mismatch.replace('_', ' '), LONGEST)}*, registered as {short}"
    if row.unread:
        last = f"as registered {date(row.verified_at)}, and since then" if row.verified_at else "never compared:"
        return f"⚠️ SHA-256 {short}, {last} it could not be read ({said(row.unread, LONGEST)})"
    if row.verified_at is None:
        return f"◽ SHA-256 {short}, never compared"
    return f"✅ SHA-256 {short}, as registered {date(row.verified_at)}"


def _changed(one: OversightChange, view: RegistryView) -> str:
    to = status.restraint(one) if one.level else "normal operation"
    return f"{date(one.at)} · *{to}*\n{_whence(one, view)}"


def _whence(one: OversightChange, view: RegistryView) -> str:
    why = f": {said(one.reason, LONGEST)}" if one.reason else ""
    ends = f" · until {date(one.until)}" if one.until else ""
    incident = f" · {code(one.incident_id)}" if one.incident_id else ""
    return f"by {_who(one.by, view)}{why}{ends}{incident}"


def _move(one: AliasChange, view: RegistryView) -> str:
    to = code(one.version) if one.version else "nothing"
    why = f": {said(one.reason, LONGEST)}" if one.reason else ""
    rollout = f" · {code(one.rollout_id)}" if one.rollout_id else ""
    return f"{date(one.at)} · {code(one.alias)} → *{to}*\nby {_who(one.by, view)}{why}{rollout}"


def _who(actor: str, view: RegistryView) -> str:
    """Return a name, which rings nobody."""
    known = {"system": "the policy", "registry": "the registry itself"}
    return known.get(actor) or f"*{said(view.names.get(actor, actor))}*"
