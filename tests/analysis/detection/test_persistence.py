"""Opening, holding back, growing and recovering over several runs."""

from dataclasses import replace

from analysis.detection.limits import Persistence
from analysis.detection.persistence import follow
from analysis.vocabulary import Severity
from tests.analysis.conftest import report_on

ALERT = replace(report_on("h").alerts[0], severity=Severity.MEDIUM)
NAME = ALERT.fingerprint
RUN = {NAME: Severity.MEDIUM}


def test_by_default_one_run_opens_and_one_clear_run_closes():
    assert follow([ALERT], [], frozenset(), Persistence()).raised == (ALERT,)
    assert follow([], [RUN], frozenset({NAME}), Persistence()).recovered == {NAME}


def test_two_of_three_runs_open():
    rule = Persistence(open_k=2, open_of=3)
    assert follow([ALERT], [{}, {}], frozenset(), rule).held_back == (ALERT,)
    assert follow([ALERT], [RUN, {}], frozenset(), rule).raised == (ALERT,)
    assert follow([ALERT], [RUN, {}, {}], frozenset(), rule).held_back == (ALERT,)


def test_what_is_open_stays_open_until_it_has_stayed_away_long_enough():
    rule = Persistence(open_k=2, open_of=2, clear=3)
    assert follow([ALERT], [{}], frozenset({NAME}), rule).raised == (ALERT,)
    assert follow([], [RUN, {}], frozenset({NAME}), rule).recovered == frozenset()
    assert follow([], [RUN, {}, {}], frozenset({NAME}), rule).recovered == {NAME}


def test_medium_for_three_runs_in_a_row_becomes_high():
    assert follow([ALERT], [RUN], frozenset({NAME}), Persistence()).raised[0].severity is Severity.MEDIUM
    assert follow([ALERT], [RUN, RUN], frozenset({NAME}), Persistence()).raised[0].severity is Severity.HIGH
    low = {NAME: Severity.LOW}
    assert follow([ALERT], [RUN, low], frozenset({NAME}), Persistence()).raised[0].severity is Severity.MEDIUM
