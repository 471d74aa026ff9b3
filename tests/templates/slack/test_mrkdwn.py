"""What comes from outside can neither ring anybody nor break out of its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.slack import mrkdwn


@given(st.text(), st.integers(1, 300))
def test_said_text_holds_no_markup_and_keeps_its_length(text, most):
    said = mrkdwn.said(text, most)
    assert "<" not in said
    assert ">" not in said
    assert "\n" not in said
    assert len(said) <= most


@given(st.text())
def test_an_escaped_text_comes_back_whole(text):
    back = mrkdwn.escape(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert back == text


@pytest.mark.parametrize("bad", ["javascript:alert(1)", "https://a.test/|b", "https://a.test/ x", "", None, "<!here>"])
def test_a_link_to_nowhere_good_is_only_its_label(bad):
    assert mrkdwn.link(bad, "INC-1") == "INC-1"


def test_a_link_cannot_be_left_by_its_label():
    assert mrkdwn.link("https://a.test", "a|b>c") == "<https://a.test|a/b&gt;c>"


@pytest.mark.parametrize("bad", ["U1>", "<!channel>", "system", "u0small", ""])
def test_only_a_slack_id_is_mentioned(bad):
    assert not mrkdwn.mention(bad).startswith("<")


def test_a_control_sign_is_gone():
    assert mrkdwn.said("a\u202eb\x00c\u2028d") == "a b c d"


def test_emoji_that_are_joined_stay_joined():
    assert mrkdwn.said("👩\u200d🔬") == "👩\u200d🔬"
