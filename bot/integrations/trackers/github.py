"""Issues on GitHub, or GitHub Enterprise, by its REST API (version 2022-11-28): docs.github.com/en/rest/issues.

GitHub takes no key that would make a call idempotent, and its search lags behind: what may have been made is looked for
in the lists, which are true at once, by a mark in its text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from bot.integrations.http import call

WHO = "GitHub"
CLOCKS = timedelta(days=1)  # how far theirs and ours may be apart
MOST_PAGES = 50
A_PAGE = "100"


@dataclass(frozen=True)
class Issue:
    """An issue as it stands there."""

    number: int
    address: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class GitHub:
    """A repository's issues."""

    url: str
    repository: str
    token: str

    def find(self, mark: str, since: datetime) -> Issue | None:
        """Return the first issue made since then whose text has the mark."""
        newest = {"state": "all", "sort": "created", "direction": "desc", "per_page": A_PAGE}
        found: list[Issue] = []
        for one in self._pages("issues", newest):
            if datetime.fromisoformat(one["created_at"]) < since - CLOCKS:
                break
            if mark in (one.get("body") or "") and "pull_request" not in one:
                found.append(_issue(one))
        return min(found, key=lambda one: one.number, default=None)

    def get(self, number: int) -> Issue:
        """Return the issue; raise SendError."""
        return _issue(self._call("GET", f"issues/{number}").json())

    def make(self, title: str, body: str, labels: list[str]) -> Issue:
        """Return the new issue; raise SendError."""
        return _issue(self._call("POST", "issues", json={"title": title, "body": body, "labels": labels}).json())

    def change(self, number: int, **changes: Any) -> Issue:  # noqa: ANN401
        """Return the issue with the changes: title, body, labels, state, state_reason; raise SendError."""
        return _issue(self._call("PATCH", f"issues/{number}", json=changes).json())

    def comments(self, number: int) -> list[str]:
        """Return the texts of the issue's comments, oldest first."""
        return [one.get("body") or "" for one in self._pages(f"issues/{number}/comments", {"per_page": A_PAGE})]

    def comment(self, number: int, body: str) -> None:
        """Add a comment; raise SendError."""
        self._call("POST", f"issues/{number}/comments", json={"body": body})

    def look(self) -> str:
        """Return the name under which the repository is reached; raise SendError."""
        return str(self._call("GET", "").json()["full_name"])

    def _call(self, method: str, path: str, **sent: Any) -> httpx.Response:  # noqa: ANN401
        where = f"{self.url.rstrip('/')}/repos/{self.repository}/{path}".rstrip("/")
        return call(WHO, method, where, headers=self._headers(), **sent)

    def _pages(self, path: str, params: dict[str, str]) -> Iterator[dict[str, Any]]:
        answer = self._call("GET", path, params=params)
        for _ in range(MOST_PAGES):
            yield from answer.json()
            following = answer.links.get("next", {}).get("url")
            if following is None:
                return
            answer = call(WHO, "GET", following, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "ethixai-incidents",
        }


def _issue(told: dict[str, Any]) -> Issue:
    labels = [one if isinstance(one, str) else str(one.get("name")) for one in told.get("labels", [])]
    return Issue(int(told["number"]), str(told["html_url"]), tuple(labels))
