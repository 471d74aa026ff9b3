"""The words of promotions and rollbacks: their names, their steps, and what was looked at before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from analysis.response import rollouts as deciding
from analysis.response.rollouts import Check, Kind, Step, What
from analysis.response.serving import Rollback
from storage.rollouts import Serving
from storage.tables import ModelVersion
from templates import figures, names
from templates.slack.mrkdwn import code, date, said

NAME = {Kind.PROMOTE: "Promotion", Kind.ROLLBACK: "Rollback", Kind.REVERSE: "Reversed rollback"}
SIGN = {Kind.PROMOTE: "🚀", Kind.ROLLBACK: "⏪", Kind.REVERSE: "⏩"}
LONGEST = 200

# Each step as something to be done, and as done.
STEPS: Mapping[Step, tuple[str, str]] = {
    Step.CHECK: ("Look at the version and at the registry once more", "The version and the registry are as they were"),
    Step.KEEP: ("Keep {good} as last known good", "{good} is kept as last known good"),
    Step.DEPLOY: ("Run the deployment pipeline for {version}", "The deployment pipeline has deployed {version}"),
    Step.CHAMPION: (
        "Let the registry and the gate go over to {version}",
        "The registry and the gate have gone over to {version}",
    ),
    Step.HEALTH: ("Ask the service whether it is well", "The service says that it is well"),
    Step.TEST: ("Run the test set against the service", "The service passes the test set"),
    Step.BLOCK: ("Block {was} until this incident is resolved", "{was} is blocked until this incident is resolved"),
    Step.OPEN: ("Put increased monitoring in place of the freeze", "Increased monitoring is in place for the watch"),
}


def kind(name: object) -> Kind:
    """Return the kind of that name; an unknown one counts as a promotion, so that a message can be drawn."""
    return Kind(str(name)) if name in set(Kind) else Kind.PROMOTE


def title(of: Kind, number: str, version: str, was: str | None) -> str:
    """Return what is changed, in one line."""
    instead = f" in place of {code(was)}" if was else ""
    return f"{NAME[of]} {code(number)}: version {code(version)}{instead}"


@dataclass(frozen=True)
class Between:
    """The versions of a change: which is to serve, which served, and which is last known good afterwards."""

    version: str
    was: str | None = None
    good: str | None = None


def step(name: str, between: Between, *, done: bool) -> str:
    """Return the step in words."""
    known = next((words for one, words in STEPS.items() if one == name), (name, name))
    was, good = (code(one or "nothing") for one in (between.was, between.good or between.was))
    return known[1 if done else 0].format(version=code(between.version), was=was, good=good)


def blocked(versions: object) -> str:
    """Return which versions are blocked again, in a sentence of its own; nothing where there are none."""
    named = names.listed([code(one) for one in versions]) if isinstance(versions, list) else ""
    return f" {named} may not serve again before it is over." if named else ""


def unchecked(why: str) -> str:
    """Return that the registry is as it was, but nobody can say whether the version is, and why."""
    reason = said(why, LONGEST) if why else "it was registered without a checksum"
    return f"The registry is as it was. *Nobody can say whether the version is what was registered*: {reason}"


def checklist(serving: Serving, name: str, *, lifts: str | None = None) -> list[str]:
    """Return what was looked at before the version may serve, a line each."""
    found = serving.versions.get(name)
    return [_line(check, name, found) for check in deciding.checks(found, lifts=lifts, served=name in serving.served)]


def _line(check: Check, name: str, found: ModelVersion | None) -> str:
    sign = {True: "✅", False: "❌", None: "⚠️"}[check.is_well]
    return f"{sign} {LINES[check.what, check.is_well](name, found, check)}"


Line = Callable[[str, ModelVersion | None, Check], str]


def _registered(name: str, found: ModelVersion | None, check: Check) -> str:
    since = f", since {date(found.registered_at)}" if found else ""
    return f"{code(name)} is registered{since}."


def _as_registered(name: str, found: ModelVersion | None, check: Check) -> str:
    looked = f", looked at {date(found.verified_at)}" if found and found.verified_at else ""
    return f"Its checksum is as registered{looked}. It is compared once more before anything is changed."


def _not_compared(name: str, found: ModelVersion | None, check: Check) -> str:
    if found is None or found.artefact_sha256 is None:
        return "It was registered without a checksum: nobody can compare it."
    if not check.why:
        return "Its checksum was never compared. It is before anything is changed."
    last = f", last compared {date(found.verified_at)}" if found.verified_at else ", never compared"
    return f"*Nobody can say whether it is what was registered*{last}: {said(check.why, LONGEST)}."


LINES: Mapping[tuple[What, bool | None], Line] = {
    (What.REGISTERED, True): _registered,
    (What.REGISTERED, False): lambda name, found, check: f"{code(name)} is no registered version of this model.",
    (What.CHECKSUM, True): _as_registered,
    (What.CHECKSUM, False): lambda name, found, check: f"It is not what was registered: {said(check.why, LONGEST)}.",
    (What.CHECKSUM, None): _not_compared,
    (What.PASSED, True): lambda name, found, check: (
        f"It passed its validation ({said(check.why, LONGEST)})." if check.why else "It has served before."
    ),
    (What.PASSED, False): lambda name, found, check: f"It did not pass its validation ({said(check.why, LONGEST)}).",
    (What.PASSED, None): lambda name, found, check: (
        "It has neither served nor been validated: nobody knows how it decides."
    ),
    (What.FREE, True): lambda name, found, check: (
        "Its block is lifted with it." if found and found.blocked_by else "It is not blocked."
    ),
    (What.FREE, False): lambda name, found, check: f"It is blocked ({said(check.why, LONGEST)}).",
}


def lasts(serving: Serving) -> str:
    """Return how long it will take, as far as anybody can know."""
    how = serving.how or Rollback()
    is_known = serving.took is not None and serving.took >= timedelta(seconds=1)
    before = f"; the last change took {figures.span(serving.took)}" if serving.took and is_known else ""
    at_most = f"At most {figures.span(how.timeout)} for each step{before}."
    needs_more = [
        word for word, is_named in (("deployment", how.command), ("health", how.health), ("test", how.test)) if is_named
    ]
    if needs_more:
        return f"{at_most} It waits for: {', '.join(needs_more)}."
    return (
        f"Seconds, for serving code that asks the gate{before}. The policy names no deployment, health check or test."
    )


def watch(serving: Serving) -> str:
    """Return what comes afterwards."""
    how = serving.how or Rollback()
    return (
        f"Then the model is watched for {figures.span(how.watch)}, with a check every {figures.span(how.watch_every)}."
    )
