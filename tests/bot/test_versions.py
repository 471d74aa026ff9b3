"""`ethixbot registry`: checksums counted at the shell, kept for good, named and listed."""

import hashlib

import pytest
from typer.testing import CliRunner

from analysis.errors import BadInput
from bot.cli import cli
from storage.tables import Model
from tests.bot import test_baselines
from tests.bot.test_baselines import LEAD, MODEL, VIEWER

place = test_baselines.place  # a policy that watches one model


@pytest.fixture
def known(place):
    """The model is watched: a bot has run once."""
    from bot import app
    from bot import settings as environment

    services = app.open_services(environment.load())
    with services.transaction() as session:
        session.add(Model(id=MODEL, name="Income", risk="high", registered_at=services.clock()))
    services.database.dispose()
    (place / "model").mkdir()
    (place / "model" / "weights.bin").write_bytes(b"weights")
    (place / "train.csv").write_text("a,b\n1,2\n")
    return place


def said(*arguments):
    done = CliRunner().invoke(cli, ["registry", *map(str, arguments)])
    if isinstance(done.exception, BadInput):
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def register(place, version="2.0.0", by=LEAD, artefact="model"):
    return said("register", MODEL, version, "--by", by, "--artefact", place / artefact, "--training-data",
                place / "train.csv")  # fmt: skip


def test_a_version_is_registered_named_and_listed(known):
    code, text = register(known)
    data = hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert (code, text.splitlines()[0]) == (0, "2.0.0 of income is registered")
    assert f"{data}  {known / 'train.csv'}" in text
    assert register(known)[1].startswith("2.0.0 of income is registered already")
    named = said("alias", MODEL, "champion", "2.0.0", "--by", LEAD, "--reason", "the first")
    assert named == (0, "champion of income stands for 2.0.0\n")
    code, text = said("list", MODEL)
    assert code == 0
    assert "2.0.0  champion" in text
    assert "compared" in text


def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(known):
    assert register(known, artefact="nothing") == (2, f"--artefact: there is nothing at {known / 'nothing'}.")
    assert "needs one of" in register(known, by=VIEWER)[1]
    register(known)
    (known / "model" / "weights.bin").write_bytes(b"others")
    assert "registered with other checksums" in register(known)[1]
    assert "no alias" in said("alias", MODEL, "canary", "2.0.0", "--by", LEAD)[1]
    assert "no version" in said("alias", MODEL, "fallback", "9", "--by", LEAD)[1]
    register(known, "2.1.0")
    said("alias", MODEL, "champion", "2.0.0", "--by", LEAD)
    assert "changed by promotion or rollback" in said("alias", MODEL, "champion", "2.1.0", "--by", LEAD)[1]
    assert "no model" in said("list", "nix")[1]


def test_a_version_is_retired_and_readmitted(known):
    register(known)
    register(known, "2.1.0")
    said("alias", MODEL, "champion", "2.0.0", "--by", LEAD)
    refused = said("retire", MODEL, "2.0.0", "--by", LEAD, "--reason", "old")
    assert "is what champion stands for: name another one first" in refused[1]
    assert "needs one of" in said("retire", MODEL, "2.1.0", "--by", VIEWER, "--reason", "old")[1]
    for words in ("is", "was already"):
        done = said("retire", MODEL, "2.1.0", "--by", LEAD, "--reason", "its data were never cleared")
        assert done == (0, f"2.1.0 of income {words} retired\n")
    assert "MAY NOT SERVE: retired: its data were never cleared" in said("list", MODEL)[1]
    assert "may not serve: retired" in said("alias", MODEL, "fallback", "2.1.0", "--by", LEAD)[1]
    for words in ("may serve again", "was not retired"):
        assert said("readmit", MODEL, "2.1.0", "--by", LEAD) == (0, f"2.1.0 of income {words}\n")
    assert said("alias", MODEL, "fallback", "2.1.0", "--by", LEAD)[0] == 0


def test_what_lies_in_no_mlflow_of_the_policy_is_refused_in_a_sentence(known):
    said_so = said("register", MODEL, "3", "--by", LEAD, "--artefact", "models:/income/3")
    assert "cannot be read (the policy keeps no versions of income in MLflow)" in said_so[1]


def test_a_pipe_is_no_artefact(known):
    assert "cannot be read (null is no regular file)" in register(known, artefact="/dev/null")[1]
