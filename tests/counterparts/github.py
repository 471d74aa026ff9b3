"""GitHub's REST API for issues, as docs.github.com/en/rest/issues describes it (2022-11-28): strict where GitHub is."""

import re
from typing import Any

from tests.counterparts.server import Answer, Call, Counterpart

REPOSITORY = "acme/incidents"
TOKEN = "github_pat_0123456789"
NEW = {"title": str, "body": str, "labels": list, "assignees": list, "milestone": int}
CHANGE = NEW | {"state": str, "state_reason": str}
LISTED = {"state", "sort", "direction", "per_page", "page", "since", "labels", "creator", "assignee"}


class GitHubServer(Counterpart):
    """One repository."""

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[dict[str, Any]] = []
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.now = "2026-03-02T09:00:00Z"
        self.most = 100  # a page, whatever is asked for

    def do(self, call: Call) -> Answer:  # noqa: PLR0911
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"message": "Bad credentials"})
        if not call.headers.get("user-agent"):
            return Answer(403, {"message": "Request forbidden by administrative rules"})
        assert call.headers["x-github-api-version"] == "2022-11-28"
        assert call.headers["accept"] == "application/vnd.github+json"
        match = re.fullmatch(rf"/repos/{REPOSITORY}(?:/issues(?:/(\d+)(/comments)?)?)?", call.path)
        if match is None:
            return Answer(404, {"message": "Not Found"})
        if call.path.endswith(REPOSITORY):
            return Answer(200, {"full_name": REPOSITORY})
        number, comments = match[1], match[2]
        if number is None:
            return self.make(call) if call.method == "POST" else self.list(call, self.issues)
        issue = next((one for one in self.issues if one["number"] == int(number)), None)
        if issue is None:
            return Answer(404, {"message": "Not Found"})
        if issue.get("deleted"):
            return Answer(410, {"message": "This issue was deleted"})
        if comments:
            kept = self.notes.setdefault(int(number), [])
            return self.note(call, kept) if call.method == "POST" else self.list(call, kept)
        return self.change(call, issue) if call.method == "PATCH" else Answer(200, issue)

    def make(self, call: Call) -> Answer:
        wrong = self.wrong(call.body, NEW)
        if wrong or not call.body.get("title"):
            return Answer(
                422, {"message": "Validation Failed", "errors": [{"field": wrong or "title", "code": "missing_field"}]}
            )
        number = len(self.issues) + 1
        self.issues.append(
            {
                "number": number,
                "html_url": f"https://github.com/{REPOSITORY}/issues/{number}",
                "title": call.body["title"],
                "body": call.body.get("body"),
                "labels": [{"name": one} for one in call.body.get("labels", [])],
                "state": "open",
                "created_at": self.now,
            }
        )
        return Answer(201, self.issues[-1])

    def change(self, call: Call, issue: dict[str, Any]) -> Answer:
        wrong = self.wrong(call.body, CHANGE)
        if wrong or call.body.get("state", "open") not in ("open", "closed"):
            return Answer(
                422, {"message": "Validation Failed", "errors": [{"field": wrong or "state", "code": "invalid"}]}
            )
        issue |= call.body
        issue["labels"] = [one if isinstance(one, dict) else {"name": one} for one in issue["labels"]]
        return Answer(200, issue)

    def note(self, call: Call, kept: list[dict[str, Any]]) -> Answer:
        if self.wrong(call.body, {"body": str}) or not call.body.get("body"):
            return Answer(422, {"message": "Validation Failed"})
        kept.append({"id": len(kept) + 1, "body": call.body["body"], "created_at": self.now})
        return Answer(201, kept[-1])

    def list(self, call: Call, rows: list[dict[str, Any]]) -> Answer:
        assert set(call.query) <= LISTED, call.query
        shown = list(reversed(rows)) if call.query.get("direction") == "desc" else rows
        if "state" not in call.query and rows is self.issues:
            shown = [one for one in shown if one["state"] == "open"]
        size = min(self.most, int(call.query.get("per_page", 30)))
        page = int(call.query.get("page", 1))
        more = {**call.query, "page": str(page + 1)}
        following = f"{self.url}{call.path}?" + "&".join(f"{name}={value}" for name, value in more.items())
        link = {"link": f'<{following}>; rel="next"'} if len(shown) > page * size else {}
        return Answer(200, shown[(page - 1) * size : page * size], link)

    @staticmethod
    def wrong(body: Any, schema: dict[str, type]) -> str | None:
        if not isinstance(body, dict):
            return "body"
        return next((name for name, value in body.items() if not isinstance(value, schema.get(name, ()))), None)
