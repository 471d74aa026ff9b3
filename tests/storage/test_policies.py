"""A policy with a mistake is told with file, line and what is wrong; the default holds."""

from datetime import timedelta
from pathlib import Path

import pytest

import templates
from analysis.errors import BadInput
from analysis.policy import Policy
from analysis.vocabulary import Family, Role, Severity
from storage import policies

DEFAULT = Path(templates.__file__).parent / "policy.yaml"
TEXT = DEFAULT.read_text()


def parse(text: str) -> Policy:
    return policies.parse(text, "policy.yaml")


def test_the_default_holds_and_says_what_the_requirements_say():
    policy = parse(TEXT)
    minutes = {s: policy.terms(s).acknowledge.within.total_seconds() / 60 for s in list(Severity)[1:]}
    assert minutes == {Severity.MEDIUM: 240, Severity.HIGH: 60, Severity.CRITICAL: 15}
    assert policy.routes[Severity.CRITICAL].everyone
    fairness = policy.path(Severity.CRITICAL, Family.FAIRNESS).steps
    assert {Role.COMPLIANCE_OFFICER, Role.CEO} <= set(fairness[0].to)
    assert (fairness[-1].after, fairness[-1].to) == (timedelta(hours=1), (Role.CTO,))
    last = policy.path(Severity.CRITICAL, Family.DATA).steps[-1]
    assert (last.after, last.to, last.until) == (timedelta(hours=4), (Role.CEO,), "resolved")
    second = {s: policy.path(s, Family.DATA).steps[1].after.total_seconds() / 60 for s in list(Severity)[1:]}
    assert second == {Severity.MEDIUM: 60, Severity.HIGH: 30, Severity.CRITICAL: 5}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("version: 1", "version: 2", "version"),
        ("    acknowledge: 4 h", "    acknowledge: soon", "line"),
        ("    acknowledge: 4 h", "    acknowledg: 4 h", "acknowledg"),
        ("  low: {}", "  lowest: {}", "lowest"),
        ("  low: {}                              # App Home and digest\n", "", "low"),
        ("    everyone: true", "    everyone: perhaps", "everyone"),
        ("    channel: ml-monitoring", "    channel: ml-monitoring\n    everyone: true", "critical only"),
        ("to: [ml_engineer]", "to: [ml_enginer]", "is nobody who can be called"),
        ("to: [ml_engineer]", "to: [pager]", "is nobody who can be called"),
        ("to: [ml_engineer]", "to: ['pager:ml']", "there is no pager:ml"),
        ("to: [ml_engineer]", "to: ['notify:sms']", "there is no notify:sms"),
        ("pagers: []", "pagers: [{name: ops, kind: pagerduty, key: SLACK_BOT_TOKEN}]", "pattern"),
        ("to: [compliance@ethixai.local]", "to: [everybody]", "gets no mail"),
        ("tracker: null", "tracker: {repository: acme}", "pattern"),
        ("to: [ml_engineer]", "to: ['rota:nights']", "there is no rota nights"),
        ("to: [ml_engineer]", "to: ['rota:nights:third']", "is nobody who can be called"),
        ("{after: 1 h, to: [ml_lead]}", "{after: 1 h, to: [ml_lead], repeat: {times: 99, every: 1 h}}", "less than"),
        ("{after: 0 s, to: [ml_engineer]}", "{after: 2 h, to: [ml_engineer]}", "in the order of their times"),
        ("roles: {}", "roles: {king: [a@b.c]}", "king"),
        ("version: 1", "version: [1", "line"),
    ],
)
def test_a_mistake_is_named_with_its_place(old, new, says):
    assert old in TEXT
    with pytest.raises(BadInput) as error:
        parse(TEXT.replace(old, new, 1))
    assert "policy.yaml" in str(error.value)
    assert says in str(error.value)


def test_the_line_of_a_mistake_is_the_files_own():
    line = next(n for n, text in enumerate(TEXT.splitlines(), 1) if "acknowledge: 4 h" in text)
    with pytest.raises(BadInput, match=f"line {line}, clocks.medium.acknowledge"):
        parse(TEXT.replace("acknowledge: 4 h", "acknowledge: soon", 1))


def test_severities_take_their_other_names():
    assert parse(TEXT.replace("  - severity: medium", "  - severity: sev3")).path(Severity.MEDIUM, Family.DATA)


def test_a_file_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(BadInput, match="ETHIXBOT_POLICY"):
        policies.read(tmp_path / "none.yaml")


def test_the_first_policy_is_installed_once_and_the_newest_is_in_force(database, tmp_path):
    from datetime import UTC, datetime

    now = datetime(2026, 11, 23, tzinfo=UTC)
    with database.write() as session:
        first = policies.install(session, TEXT, "install", now).id
        assert policies.install(session, TEXT + "\n# more", "install", now).id == first
        second = policies.activate(session, TEXT + "\n# more", "U0ADMINS01", now, "APR-1").id
        assert policies.newest_id(session) == policies.in_force(session).id == second != first


RULES = """rules:
  - name: drifting
    when: {when}
    severity: sev2
"""


def ruled(when: str, more: str = "") -> str:
    return TEXT.replace("rules: []\n", RULES.format(when=when) + more)


def test_the_example_of_a_rule_in_the_default_is_one():
    lines = TEXT.splitlines()
    first = lines.index("# rules:")
    shown = [line.removeprefix("# ") for line in lines[first : lines.index("rules: []")]]
    model = "models:\n  - {id: income-prequal, name: Income, source: {predictions: /log}}"
    policy = parse(TEXT.replace("rules: []", "\n".join(shown)).replace("models: []", model))
    assert [rule.name for rule in policy.rules_for("income-prequal")] == ["drift-with-errors"]
    assert policy.rules_for("another") == ()


def test_the_example_of_checks_in_the_default_is_one():
    lines = TEXT.splitlines()
    first = lines.index("# checks:")
    shown = [line.removeprefix("# ") for line in lines[first : lines.index("checks: {}")]]
    checks = parse(TEXT.replace("checks: {}", "\n".join(shown))).checks
    assert [checks.cap(family) for family in (Family.DATA, Family.OPERATIONS)] == [Severity.MEDIUM, Severity.HIGH]


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("psy > 0.2", "the condition of the rule drifting: line 1, column 1: psy is no metric, did you mean psi?"),
        ("psi > 0.2 and ks > 1", "the condition of the rule drifting: line 1, column 11: mismatched input 'and'"),
        ("'[1].all(psi, psi > 1)'", "the condition of the rule drifting: it holds more than comparisons"),
        ("5", "the condition of the rule drifting: “5” is no text"),
    ],
)
def test_a_rule_s_condition_is_refused_with_line_rule_and_place(when, says):
    text = ruled(when)
    line = next(n for n, text in enumerate(text.splitlines(), 1) if "    when:" in text and "#" not in text)
    with pytest.raises(BadInput) as error:
        parse(text)
    assert says in str(error.value)
    assert f"line {line}, rules.0.when" in str(error.value)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("    models: [another]\n", "rules: there is no model another"),
        ("  - {name: drifting, when: ks > 1, severity: low}\n", "rules: drifting stands there twice"),
        ("    consecutive: 0\n", "consecutive"),
        ("    every: 60 s\n", "every"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(more, says):
    with pytest.raises(BadInput, match=says):
        parse(ruled("psi > 0.2", more))
