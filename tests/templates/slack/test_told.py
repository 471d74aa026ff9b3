"""What stakeholders are told keeps to Slack's limits, and gives who is outside no way in."""

import pytest

from templates import documents
from templates.documents import Notice
from templates.slack import limits, told
from tests.templates.views import NASTY, NOW


@pytest.mark.parametrize("audience", ["internal", "leadership", "customers", "regulator"])
def test_a_notification_is_a_message(make, audience):
    view = make.handled(make.view(name=NASTY, many=50), NASTY)
    text = documents.render("notification.txt", view, NOW, Notice(audience))
    is_inside = audience in ("internal", "leadership")
    shown = told.message(text, view, is_inside=is_inside)
    assert limits.lint(shown.blocks, shown.text) == []
    assert "*What happened*" in str(shown.blocks)
    assert "<!channel>" not in str(shown)
    assert ("Open the incident" in str(shown.blocks)) == is_inside
