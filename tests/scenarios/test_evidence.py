"""The evidence file: in the thread with its SHA-256, valid by anyone's tools, tampering found."""

import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import venv
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path

import bagit
import httpx
import pyarrow.parquet as pq
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from sqlmodel import select
from typer.testing import CliRunner

from analysis.response.serving import Logged, Registered
from bot import gathering
from bot.cli import cli
from bot.operations import incidents
from bot.operations.doing import Request
from storage import evidence, inspection
from storage.tables import Bundle
from tests.world import pretty

pytestmark = pytest.mark.databases("sqlite")

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture
def bag(fairness, tmp_path):
    fairness.press("export", by="auditor")
    fairness.settle()
    replies = fairness.alert()["replies"]
    files = [file for reply in replies for file in reply.get("files", []) if file["name"].endswith(".tar.gz")]
    assert len(files) == 1
    token = {"Authorization": f"Bearer {fairness.slack.bot_token}"}
    content = httpx.get(files[0]["url_private"], headers=token, trust_env=False).content
    assert hashlib.sha256(content).hexdigest() in pretty(replies)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    return next((tmp_path / "out").iterdir())


def verify(bag):
    key = load_pem_public_key((bag / "data/signing-key.pub.pem").read_bytes())
    envelope = json.loads((bag / "statement.dsse.json").read_text())
    payload = base64.b64decode(envelope["payload"])
    key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), evidence.pae(payload))
    subject = json.loads(payload)["subject"][0]
    assert hashlib.sha256((bag / subject["name"]).read_bytes()).hexdigest() == subject["digest"]["sha256"]


def test_it_is_a_valid_bag_and_its_signature_holds_where_the_product_is_not(bag, fairness, tmp_path):
    clean = tmp_path / "clean"
    venv.create(clean)
    (packages,) = clean.glob("lib/*/site-packages")
    shutil.copy(bagit.__file__, packages)
    shutil.copytree(distribution("bagit")._path, packages / "bagit-1.dist-info")
    python = [str(clean / "bin/python"), "-I"]
    assert subprocess.run([*python, "-c", "import bot"], capture_output=True, check=False).returncode == 1
    assert subprocess.run([*python, "-m", "bagit", "--validate", str(bag)], capture_output=True, check=True)
    verify(bag)
    shutil.copy(fairness.folder / "data/evidence/signing-key.pub.pem", bag.parent)
    assert by_hand(bag) == (0, True)


def by_hand(bag):
    """Return the exit code of what README says to do with no more than a shell, and whether the signature held."""
    (block,) = re.findall(r"```\n(sha256sum .*?)```", README.read_text(), re.DOTALL)
    done = subprocess.run(["sh", "-ec", block], cwd=bag, capture_output=True, text=True, check=False)
    return done.returncode, "Signature Verified Successfully" in done.stdout


def test_it_holds_what_the_playbook_asks_for_and_names_what_is_missing(bag):
    case = json.loads((bag / "data/case_bundle.json").read_text())
    assert case["incident"]["severity"] == "critical"
    assert {one["metric"] for one in case["fairness_metrics"]} >= {"disparate_impact_ratio"}
    assert case["missing"]
    names = {path.name for path in (bag / "data").iterdir()}
    assert names >= {
        "decisions.parquet",
        "drift_snapshot.json",
        "timeline.json",
        "audit.jsonl",
        "report.md",
        "chart.png",
    }


def test_request_ids_are_keyed_hashes(bag, data):
    exported = pq.read_table(bag / "data/decisions.parquet")
    raw = set(
        pq.read_table(data / "current_e_biased_retrain.parquet", columns=["request_id"])["request_id"].to_pylist()
    )
    ids = exported["request_id"].to_pylist()
    assert exported.num_rows == len(raw)
    assert not raw & set(ids)
    assert not {hashlib.sha256(one.encode()).hexdigest() for one in raw} & set(ids)


def test_a_changed_payload_with_rebuilt_manifests_fails_the_signature(bag):
    (bag / "data/timeline.json").write_text("[]")
    evidence.write_tags(bag, bagit.Bag(str(bag)).info)
    assert bagit.Bag(str(bag)).validate()  # BagIt alone is content
    with pytest.raises((AssertionError, InvalidSignature)):
        verify(bag)
    shutil.copy(bag / "data/signing-key.pub.pem", bag.parent)
    assert by_hand(bag) == (1, True)  # what was signed is of another list


def test_asked_for_twice_it_is_made_once(fairness):
    fairness.press("export", by="compliance")
    seen = fairness.press("export", by="auditor")
    assert "already" in pretty(seen)
    fairness.settle()
    made = [r for r in fairness.alert()["replies"] if r.get("files")]
    assert len(made) == 1


def bundles(world):
    with world.bot.services.database.read() as session:
        return [(one.version, one.status, one.requested_by) for one in session.exec(select(Bundle)).all()]


def test_it_grows_as_checks_come_in_and_nothing_is_written_over(fairness):
    fairness.press("export", by="auditor")
    fairness.settle()
    first = next((fairness.folder / "data/evidence").glob("*-v1.tar.gz"))
    before = first.read_bytes()
    fairness.week("e")
    assert bundles(fairness) == [(1, "made", "U0AUDITO01"), (2, "made", "system")]
    assert first.read_bytes() == before
    public = fairness.bot.services.keys.signing.public_key()
    second = next((fairness.folder / "data/evidence").glob("*-v2.tar.gz"))
    assert inspection.verify(second, public).faults == ()
    line = next(m["text"] for m in fairness.alert()["replies"] if "Version 2 of the evidence" in m["text"])
    assert "with what has come in since. SHA-256" in line


def test_asked_for_again_after_something_was_said_it_is_made_anew(fairness):
    fairness.press("export", by="auditor")
    fairness.settle()
    incidents.move(
        fairness.bot.services, Request("update", fairness.incident().id, "U0ONCALL01", fields={"note": "halted"})
    )
    fairness.settle()
    elsewhere(fairness, "http://bot:hush-hush@127.0.0.1:9")
    assert "already" not in pretty(fairness.press("export", by="auditor"))
    fairness.settle()
    assert [version for version, *_ in bundles(fairness)] == [1, 2]
    with tarfile.open(next((fairness.folder / "data/evidence").glob("*-v2.tar.gz"))) as archive:
        held = {Path(one.name).name: archive.extractfile(one).read() for one in archive}
    assert json.loads(held["policy.json"])["models"][0]["registry"]["url"] == "http://bot:…@127.0.0.1:9"
    assert not [name for name, content in held.items() if b"hush-hush" in content]
    assert "already" in pretty(fairness.press("export", by="auditor"))


def elsewhere(world, url):
    """Let the policy name a registry at an address with a password."""
    services = world.bot.services
    (watched,) = services.policy.models
    kept = watched.model_copy(update={"registry": Registered(kind="mlflow", url=url)})
    services.policy = services.policy.model_copy(update={"models": (kept,)})
    services.policy_version = None


def test_without_a_bundle_nothing_grows(fairness):
    fairness.week("e")
    assert bundles(fairness) == []


def test_the_checklist_names_the_file_or_the_reason_of_every_line(bag, fairness):
    case = json.loads((bag / "data/case_bundle.json").read_text())
    assert [one["what"] for one in case["checklist"]] == [item.what for item in gathering.CHECKLIST]
    for one in case["checklist"]:
        assert one["files"] or one["missing"], one
        assert all((bag / "data" / name).exists() for name in one["files"])
    tables = case["tables"]
    with fairness.bot.services.database.read() as session:
        again = {name: len(session.connection().exec_driver_sql(one["how"].split(";")[0]).all())
                 for name, one in tables.items() if one["how"].startswith("SELECT")}  # fmt: skip
    since = {"audit.jsonl": 1, "timeline.json": 1, "messages.json": 2}  # what making it, and telling it, has added
    assert again == {name: tables[name]["rows"] + since.get(name, 0) for name in again}
    assert set(tables) - set(again) == {"decisions.parquet"}
    assert tables["decisions.parquet"]["rows"] == 4_000
    assert (
        tables["decisions.parquet"]["sha256"]
        == hashlib.sha256((bag / "data/decisions.parquet").read_bytes()).hexdigest()
    )


def test_logs_are_copied_with_secrets_masked_and_what_cannot_be_is_named(fairness, tmp_path):
    (tmp_path / "app.log").write_text("started\ntoken xoxb-1234567890-abcdef\n")
    services = fairness.bot.services
    logs = (
        Logged(name="backend", path=str(tmp_path / "*.log")),
        Logged(name="ci", kind="ci", command=(sys.executable, "-c", "print('run 12 passed')")),
        Logged(name="broken", kind="access", command=(sys.executable, "-c", "raise SystemExit(3)")),
    )
    watched = services.policy.models[0].model_copy(update={"logs": logs})
    folder = tmp_path / "out"
    folder.mkdir()
    missing = gathering.logs(watched, folder, datetime.now(UTC))
    assert missing == {"logs/access": "broken: the command ended with code 3"}
    assert "token xox…" in (folder / "logs/application-backend.txt").read_text()
    assert "run 12 passed" in (folder / "logs/ci-ci.txt").read_text()
    seen = gathering.checklist({"logs/ci-ci.txt": "x"}, missing)
    by_name = {one["what"]: one for one in seen}
    assert by_name["recent CI runs"]["files"] == ["logs/ci-ci.txt"]
    assert by_name["access and authentication logs"]["missing"] == "broken: the command ended with code 3"
    assert "models.logs" in by_name["application logs of the last 30 days"]["missing"]


def test_a_shell_verifies_it_with_the_public_key_alone(fairness, tmp_path):
    fairness.press("export", by="auditor")
    fairness.settle()
    archive = next((fairness.folder / "data/evidence").glob("*-v1.tar.gz"))
    key = fairness.folder / "data/evidence/signing-key.pub.pem"
    told = runner.invoke(cli, ["evidence", "verify", str(archive), "--key", str(key), "--json"])
    said = json.loads(told.output)
    assert (told.exit_code, said["valid"], said["audit_rows"] > 2) == (0, True, True)
    damaged = tmp_path / "damaged.tar.gz"
    damaged.write_bytes(evidence.pack(unpacked(archive, tmp_path), "x", evidence.Said({}), Other).path.read_bytes())
    told = runner.invoke(cli, ["evidence", "verify", str(damaged), "--key", str(key)])
    assert (told.exit_code, "is not signed by this key" in told.output) == (1, True)


def unpacked(archive, folder):
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "again", filter="data")
    return next((folder / "again").iterdir()) / "data"


runner, Other = CliRunner(), Ed25519PrivateKey.generate()
