"""Each parser of what comes from outside, alone: it gives a value of its type, or the one error that it names."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.detection.conditions import Condition
from analysis.errors import BadInput, Unknown
from analysis.policy import Policy
from bot import masking, payload
from bot.app import DEFAULT_POLICY
from bot.http.signature import is_genuine
from bot.payload import Malformed
from bot.slack import buttons, modals
from bot.slack.door import delivery_id, submission_id
from storage import policies
from tests.corpus.odd import ANY, CASES, TEXT, broken, cases

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = DEFAULT_POLICY.read_text()
LINES = POLICY.splitlines()


def tried(parse, error):
    """What the parser gives, or the words of the one error that it may raise."""
    try:
        return parse(), ""
    except error as told:
        return None, str(told)


@cases
@given(raw=st.binary(max_size=300) | ANY.map(lambda any: json.dumps(any).encode()), is_form=st.booleans())
def test_bytes_give_json_or_are_malformed(raw, is_form):
    _, told = tried(lambda: payload.read(raw, is_form), Malformed)
    assert not told or told.startswith("no ")
    assert len(told) < 100


@cases
@given(said=ANY | broken())
def test_a_payload_is_known_or_malformed_and_fit_to_be_kept(said):
    known, told = tried(lambda: payload.known(said), Malformed)
    assert len(told) < 600
    if known is None:
        return
    text = json.dumps(known, ensure_ascii=False, allow_nan=False)
    text.encode()  # no half of a character
    assert "\x00" not in text
    assert "\\u0000" not in text
    assert 0 < len(delivery_id(known)) < 300
    assert payload.known(known) == known


@cases
@given(said=broken("submission"))
def test_a_form_is_a_request_or_unknown(said):
    try:
        request = modals.parse(payload.known(said))
    except (Malformed, Unknown):
        return
    assert request.verb
    assert request.version_seen is not None
    assert len(request.submission or "") < 300
    assert all(isinstance(one, str) for one in request.fields.values())


@cases
@given(value=TEXT, action=TEXT | st.just("move:freeze"))
def test_a_button_is_a_request_or_unknown(value, action):
    said = {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": action, "value": value}]}
    try:
        body = payload.known(said)
        request = buttons.parse(body["actions"][0], body)
    except (Malformed, Unknown):
        return
    assert request.incident.startswith("INC-")
    assert request.incident.isascii()


@pytest.mark.parametrize("value", ["INC-2026-11-001:detected", "INC-2026-11-001:" + "x" * 1_000_000, "INC-2026-11-001"])
def test_a_button_of_ours_names_its_incident(value):
    body = {"user": {"id": "U1"}, "actions": []}
    assert buttons.parse({"action_id": "move:freeze", "value": value}, body).incident == "INC-2026-11-001"


def test_a_million_characters_are_read_once_and_named_shortly():
    view = {"id": "V" * 1_000_000, "state": {"values": {"reason": {"reason": {"value": "x" * 1_000_000}}}}}
    body = payload.known({"type": "view_submission", "user": {"id": "U1"}, "view": view, "trigger_id": "t" * 1_000_000})
    assert len(delivery_id(body)) < 100
    assert len(submission_id(body)) < 300


@cases
@given(stamp=TEXT, given_signature=TEXT, body=st.binary(max_size=50), secret=TEXT)
def test_nothing_is_signed_by_chance(stamp, given_signature, body, secret):
    secret = secret.encode("utf-8", "replace").decode()
    assert is_genuine(secret, stamp, given_signature, body, NOW) is False


@cases
@given(text=TEXT | st.text("psi[]\"'agedrift0.<>=&|!() -\\", max_size=60))
def test_a_condition_is_read_or_told(text):
    condition, told = tried(lambda: Condition.parse(text), ValueError)
    assert told or condition.asks


@settings(cases, max_examples=max(1, CASES // 4))  # each reads YAML with its lines: 10 ms
@given(
    line=st.integers(0, len(LINES) - 1),
    junk=TEXT | st.text("-:[]{}&*!|>'\"%@`#?, \t\nab1.", max_size=25),
    cut=st.booleans(),
)
def test_a_broken_policy_is_told_in_lines(line, junk, cut):
    text = "\n".join([*LINES[:line], LINES[line][: len(LINES[line]) // 2] + junk if cut else junk, *LINES[line + 1 :]])
    policy, told = tried(lambda: policies.parse(text, "policy.yaml"), BadInput)
    assert isinstance(policy, Policy) or told.startswith("policy.yaml")
    assert len(told) < 20_000


@cases
@given(junk=TEXT | st.text("-:[]{}&*!|>'\"%@`#?, \t\nab1.", max_size=40))
def test_what_is_no_policy_is_told(junk):
    with pytest.raises(BadInput, match=r"policy\.yaml"):
        policies.parse(junk, "policy.yaml")


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LAUGHS + "models: *i", "the policy has mistakes"),
        ("a: " + "[" * 100_000, "is nested more than 30 deep"),
        ("".join(f"{' ' * i}a:\n" for i in range(600)), "line 31: is nested more than 30 deep"),
        ("a: 1\nb: \x00", "line 2: holds a control character"),
        ("a: 2026-02-30", "cannot be read. Write it as a plain value."),
        ("version: " + "9" * 5_000, "cannot be read. Write it as a plain value."),
        ("a: !!int x", "cannot be read. Write it as a plain value."),
        ("version: 1\nversion: 2", "line 2: is not YAML: found duplicate key"),
        ("a:\n\tb: 1", "line 2: is not YAML"),
        ("".join(f"k{n}: 1\n" for n in range(2_000)), "more"),
    ],
    ids=["laughs", "brackets", "indents", "NUL", "date", "number", "tag", "twice", "tab", "many"],
)
def test_a_hostile_policy_is_told_at_once(text, told):
    with pytest.raises(BadInput) as error:
        policies.parse(text, "policy.yaml")
    assert told in str(error.value)
    assert len(str(error.value)) < 5_000


@pytest.mark.parametrize("raw", [b"\xff\xfea", b"# " + b"x" * (10 << 20)], ids=["not UTF-8", "10 MB"])
def test_a_policy_that_is_no_text_or_too_large_is_told(tmp_path, raw):
    path = tmp_path / "policy.yaml"
    path.write_bytes(raw)
    with pytest.raises(BadInput, match=r"cannot be read|is larger than"):
        policies.read(path)


@cases
@given(before=TEXT, after=TEXT)
def test_a_token_is_masked_wherever_it_stands(before, after):
    line = f"{before} xoxb-12-34-hushhush {after} xapp-1-hushhush postgresql://u:hushhush@h/d"
    assert "hushhush" not in masking.everything(line)
