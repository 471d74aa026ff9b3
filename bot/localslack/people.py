"""The people of the workspace: one invented person a role, with the same ids in every run."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Person:
    """A member of the workspace."""

    handle: str
    id: str
    name: str
    title: str
    tz: str
    tz_label: str
    tz_offset: int

    @property
    def email(self) -> str:
        """Return the person's address, which no mail server will ever accept."""
        return f"{self.handle}@ethixai.local"


_BERLIN = ("Europe/Berlin", "Central European Time", 3600)
_LONDON = ("Europe/London", "Greenwich Mean Time", 0)
_NEW_YORK = ("America/New_York", "Eastern Standard Time", -18000)
_KOLKATA = ("Asia/Kolkata", "India Standard Time", 19800)

PEOPLE = {
    person.handle: person
    for person in (
        Person("ml_engineer", "U0MLENGI01", "Priya Nair", "ML Engineer", *_KOLKATA),
        Person("senior_ml_engineer", "U0SRMLEN01", "Tomás Herrera", "Senior ML Engineer", *_BERLIN),
        Person("ml_lead", "U0MLLEAD01", "Maya Lindqvist", "ML Lead", *_BERLIN),
        Person("compliance", "U0COMPLY01", "Daniel Okafor", "Compliance Officer", *_LONDON),
        Person("product_owner", "U0PRODOW01", "Hannah Weiss", "Product Owner", *_BERLIN),
        Person("auditor", "U0AUDITO01", "Ruth Abramson", "Internal Auditor", *_LONDON),
        Person("viewer", "U0VIEWER01", "Leo Marchetti", "Analyst (read only)", *_LONDON),
        Person("oncall", "U0ONCALL01", "Sam Whitfield", "On-call Engineer", *_NEW_YORK),
        Person("cto", "U0CTOOFF01", "Ingrid Solberg", "Chief Technology Officer", *_BERLIN),
        Person("ceo", "U0CEOOFF01", "Marcus Adeyemi", "Chief Executive Officer", *_NEW_YORK),
        Person("admin", "U0ADMINS01", "Noor Rahman", "Workspace Administrator", *_LONDON),
        Person("security", "U0SECURI01", "Yuki Tanabe", "Security Engineer", *_NEW_YORK),
        Person("governance", "U0GOVERN01", "Elena Petrova", "AI Governance Manager", *_BERLIN),
    )
}
BY_ID = {person.id: person for person in PEOPLE.values()}

GROUPS = {
    "S0ONCALL01": ("ml-oncall", "ML on call", ("oncall",)),
    "S0MLTEAM01": ("ml-team", "ML team", ("ml_engineer", "senior_ml_engineer", "ml_lead")),
    "S0GOVERN01": ("ai-governance", "AI governance", ("governance", "compliance", "auditor")),
}


def profile(person: Person, *, with_email: bool) -> dict[str, Any]:
    """Return the person as `users.info` shows them; the address only with `users:read.email`."""
    shown = {
        "title": person.title,
        "real_name": person.name,
        "real_name_normalized": person.name,
        "display_name": person.handle,
        "display_name_normalized": person.handle,
        "first_name": person.name.split()[0],
        "last_name": person.name.split()[-1],
        "phone": "",
    }
    return shown | ({"email": person.email} if with_email else {})


def user(person: Person, team: str, *, with_email: bool) -> dict[str, Any]:
    """Return the user object of the Web API."""
    is_admin = person.handle == "admin"
    return {
        "id": person.id,
        "team_id": team,
        "name": person.handle,
        "deleted": False,
        "real_name": person.name,
        "tz": person.tz,
        "tz_label": person.tz_label,
        "tz_offset": person.tz_offset,
        "profile": profile(person, with_email=with_email),
        "is_admin": is_admin,
        "is_owner": is_admin,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "updated": 0,
    }
