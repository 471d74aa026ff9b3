"""The evidence file: in the thread with its SHA-256, valid by anyone's tools, tampering found."""

import base64
import hashlib
import io
import json
import tarfile

import bagit
import httpx
import pyarrow.parquet as pq
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from storage import evidence
from tests.world import pretty


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


def test_it_is_a_valid_bag_and_its_signature_holds(bag):
    assert bagit.Bag(str(bag)).validate()
    verify(bag)


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


def test_asked_for_twice_it_is_made_once(fairness):
    fairness.press("export", by="compliance")
    seen = fairness.press("export", by="auditor")
    assert "already" in pretty(seen)
    fairness.settle()
    made = [r for r in fairness.alert()["replies"] if r.get("files")]
    assert len(made) == 1
