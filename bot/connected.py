"""What `doctor` says of the systems beside Slack: which are named, which have their secrets, which can be reached."""

from collections.abc import Callable
from typing import Any

from analysis.errors import BadInput
from analysis.policy import Policy, Watched
from bot import checksums, notifying, offline
from bot.integrations import http
from bot.integrations.errors import SendError
from bot.integrations.mail.smtp import Smtp
from bot.integrations.registry import artifacts
from bot.integrations.registry.mlflow import MLflow
from bot.integrations.trackers.github import GitHub
from bot.paging import VENDORS
from bot.settings import Settings, secret

Result = tuple[bool | None, str]
UNUSED: Result = (True, "not used")


def tracker(settings: Settings) -> Result:
    """Return whether the tracker takes issues from us."""
    return _of(settings, lambda policy: policy.tracker, _tracker)


def pagers(settings: Settings) -> Result:
    """Return whether each pager has its key, and answers."""
    return _of(settings, lambda policy: policy.pagers, _pagers)


def notifiers(settings: Settings) -> Result:
    """Return whether each notifier has addresses that Apprise knows; nothing is sent."""
    return _of(settings, lambda policy: policy.notifiers, _notifiers)


def mail(settings: Settings) -> Result:
    """Return whether there is a mail server that lets us in, where the policy mails anybody."""
    return _of(settings, _mailed, _mail)


def registry(settings: Settings) -> Result:
    """Return whether each MLflow that versions are kept in lets us in, and knows the model."""
    return _of(settings, _in_mlflow, _registry)


def checksum(settings: Settings, model: str, place: str) -> str | None:
    """Return the checksum of what lies there, inside the model's MLflow too; raise Unreadable, SendError."""
    if not artifacts.is_inside(place):
        return checksums.of(place)
    known = [one for one in _in_mlflow(offline.policy(settings)) if one.id == model]
    if not known:
        raise checksums.Unreadable(f"the policy keeps no versions of {model} in MLflow")
    return _mlflow(settings, known[0]).checksum(place)


def _mlflow(settings: Settings, watched: Watched) -> MLflow:
    return MLflow(str(watched.registry.url), watched.registry.name, settings.mlflow_login)


def _in_mlflow(policy: Policy) -> list[Watched]:
    return [one for one in policy.models if one.registry.kind == "mlflow"]


def _registry(settings: Settings, policy: Policy) -> Result:
    found = _in_mlflow(policy)
    for one in found:
        _mlflow(settings, one).aliases(one.id)
    return True, f"MLflow knows {', '.join(one.id for one in found)}"


def _of(settings: Settings, wanted: Callable[[Policy], Any], look: Callable[[Settings, Policy], Result]) -> Result:
    try:
        policy = offline.policy(settings)
    except BadInput as error:
        return False, str(error)
    if not wanted(policy):
        return UNUSED
    try:
        return look(settings, policy)
    except SendError as error:
        return False, error.says


def _tracker(settings: Settings, policy: Policy) -> Result:
    assert policy.tracker is not None  # asked before
    if settings.github_token is None:
        return False, "set ETHIXBOT_GITHUB_TOKEN"
    token = settings.github_token.get_secret_value()
    name = GitHub(policy.tracker.url, policy.tracker.repository, token).look()
    return True, f"issues of {policy.tracker.severity.value} incidents and worse go to {name}"


def _pagers(settings: Settings, policy: Policy) -> Result:
    named = [variable for one in policy.pagers for variable in (one.key, one.hook, one.users) if variable]
    lacking = _lacking(named)
    if lacking:
        return lacking
    for one in policy.pagers:
        http.reach(one.kind, one.url or VENDORS[one.kind].url)
    deaf = [one.name for one in policy.pagers if one.hook is None]
    note = f"; what people do at {', '.join(deaf)} is not heard, for it has no `hook`" if deaf else ""
    return True, f"{', '.join(one.name for one in policy.pagers)} can be reached{note}"


def _notifiers(settings: Settings, policy: Policy) -> Result:
    lacking = _lacking([one.urls for one in policy.notifiers])
    if lacking:
        return lacking
    for one in policy.notifiers:
        notifying.opened((secret(one.urls) or "").split())
    return (
        True,
        f"{', '.join(one.name for one in policy.notifiers)} have addresses; whether they work shows when they ring",
    )


def _mailed(policy: Policy) -> list[str]:
    digests = [f"the {one.name} digest" for one in policy.digests if one.mail]
    return [*(["incidents"] if policy.mail else []), *digests, *(["critical alerts"] if policy.fallback_mail else [])]


def _mail(settings: Settings, policy: Policy) -> Result:
    what = ", ".join(_mailed(policy))
    if settings.smtp_url is None:
        return None, f"the policy mails {what}, but nobody gets one: set ETHIXBOT_SMTP_URL"
    Smtp(settings.smtp_url.get_secret_value(), settings.mail_from).look()
    return True, f"the mail server lets us in; mailed are {what}"


def _lacking(variables: list[str]) -> Result | None:
    missing = [name for name in dict.fromkeys(variables) if secret(name) is None]
    return (False, f"set {', '.join(missing)}") if missing else None
