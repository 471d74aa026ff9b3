"""`ethixbot proxies` on the shipped reference: a table, JSON, and one line for what is wrong."""

import json

from tests.shell import ethixbot, refused


def test_the_household_is_shown_to_tell_sex(data):
    done = ethixbot("proxies", data / "reference.parquet", "--protected", "sex")
    assert done.returncode == 0, done.stderr
    assert "relationship" in done.stdout


def test_the_screen_is_the_same_bytes_again_and_has_every_pair(data, tmp_path):
    arguments = ("proxies", data / "reference.parquet", "--protected", "sex,age_band", "--json")
    first = ethixbot(*arguments, "-")
    assert first.stdout == ethixbot(*arguments, "-").stdout
    assert ethixbot(*arguments, tmp_path / "screen.json").returncode == 0
    assert (tmp_path / "screen.json").read_text() == first.stdout
    report = json.loads(first.stdout)
    found = {(row["attribute"], row["feature"]): row for row in report["proxies"]}
    assert found["sex", "relationship"]["verdict"] == "notice"
    assert {attribute for attribute, _ in found} == {"sex", "age_band"}
    assert set(found["sex", "age"]) >= {"v", "p", "q", "n", "weight", "sentence"}


def test_an_attribute_that_is_not_there_is_one_line(data):
    assert "star_sign" in refused("proxies", data / "reference.parquet", "--protected", "star_sign")
