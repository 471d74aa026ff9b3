"""Every system beside Slack: each kind of row has its way, each vendor its place in the policy, refusals have words."""

from typing import get_args

import pytest

from analysis.outside import Pager, Tracker
from analysis.response.paging import Paged, following
from analysis.vocabulary import Severity
from bot.integrations.errors import Permanent, SendError
from bot.integrations.pagers.page import Event
from bot.paging import VENDORS
from bot.ways import WAYS
from storage import outbox
from templates import troubles
from tests.counterparts.server import LOST, Answer, Counterpart
from tests.world import START

FAULTS = [Answer(code, {"message": "no"}) for code in (400, 401, 403, 404, 408, 410, 422, 429, 500, 502, 503)] + [LOST]


@pytest.fixture(scope="module")
def anybody():
    with Counterpart() as server:
        yield server


def test_each_kind_of_row_that_goes_elsewhere_has_a_way():
    assert set(WAYS) | {"mail"} == set(outbox.ELSEWHERE)  # the fallback mail is rendered like a message
    assert set(outbox.ELSEWHERE) <= set(outbox.UNPACED)


def test_each_vendor_can_be_named_in_the_policy_and_the_other_way_round():
    assert set(VENDORS) == set(get_args(Pager.model_fields["kind"].annotation))
    assert get_args(Tracker.model_fields["kind"].annotation) == ("github",)


@pytest.mark.parametrize("kind", VENDORS)
@pytest.mark.parametrize("state", [Paged.TRIGGERED, Paged.ACKNOWLEDGED, Paged.RESOLVED])
def test_whatever_a_pager_answers_means_something_and_shows_no_key(kind, state, anybody):
    event = Event("k", state, Severity.HIGH, "It broke", "m", START)
    VENDORS[kind].send(anybody.url, "the-secret-key", event)
    for fault in FAULTS:
        anybody.faults = [fault]
        with pytest.raises(SendError) as error:
            VENDORS[kind].send(anybody.url, "the-secret-key", event)
        assert "the-secret-key" not in error.value.says
        if isinstance(error.value, Permanent):  # it is told to people, and not as a word of Slack's
            assert troubles.of(error.value.says).what == error.value.says
    with pytest.raises(SendError):
        VENDORS[kind].send("http://127.0.0.1:9", "the-secret-key", event)


@pytest.mark.parametrize("kind", VENDORS)
def test_what_a_pager_sends_is_genuine_only_with_its_secret(kind):
    for headers in ({}, {"x-pagerduty-signature": "v1="}, {"x-ethixbot-secret": ""}, {"x-ethixbot-secret": "é"}):
        assert not VENDORS[kind].is_genuine("a-secret", headers, b"{}")


@pytest.mark.parametrize("state", Paged)
def test_a_page_comes_to_rest_however_it_stood(state):
    for has_it, is_over in ((False, False), (True, False), (False, True), (True, True)):
        seen, told = [state], following(state, has_it=has_it, is_over=is_over)
        while told is not None:
            assert told not in seen
            seen.append(told)
            told = following(told, has_it=has_it, is_over=is_over)
        assert not is_over or seen[-1] is Paged.RESOLVED
