"""README tells the truth: every command in it runs, every setting, subcommand and move in it is the code's."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.response.life import MOVES
from analysis.vocabulary import State
from bot.settings import Settings
from bot.slack.commands import COMMAND, COMMANDS
from templates.slack.moves import diagram, table

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
TOLD = [
    line.strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]
BIN = str(Path(sys.executable).parent)

# How each command of README is run here; exit codes that are right for an empty folder stand beside.
RUN = {
    "make demo": None,  # tests/scenarios/test_demo.py starts it as a person would
    "make test": None,  # you are here
    ".venv/bin/ethixbot run": None,  # tests/scenarios/test_killed.py, against the local workspace
    ".venv/bin/ethixbot manifest": 0,
    ".venv/bin/ethixbot policy default > policy.yaml": 0,
    ".venv/bin/ethixbot policy check policy.yaml": 0,
    "export SLACK_BOT_TOKEN=xoxb-… SLACK_APP_TOKEN=xapp-… ETHIXBOT_POLICY=policy.yaml": 0,
    # tests/bot/test_policy.py and test_api.py have people; in the policy that ships nobody holds a role
    ".venv/bin/ethixbot policy init policy.yaml --by admin@example.org": 2,
    ".venv/bin/ethixbot policy show > policy.yaml": 2,
    ".venv/bin/ethixbot policy diff policy.yaml": 2,
    '.venv/bin/ethixbot policy propose policy.yaml --by admin@example.org --reason "storms come sooner"': 2,
    ".venv/bin/ethixbot approvals list": 2,
    ".venv/bin/ethixbot approvals approve APR-12 --by cto@example.org": 2,
    ".venv/bin/ethixbot approvals approve APR-13 --by owner@example.org --confirm PROMOTE": 2,
    '.venv/bin/ethixbot approvals decline APR-12 --by cto@example.org --reason "the audit is not done"': 2,
    ".venv/bin/ethixbot incident acknowledge INC-2026-11-001 --by oncall@example.org": 2,
    ".venv/bin/ethixbot incident freeze INC-2026-11-001 --by oncall@example.org --field level=4"
    ' --field reason="halt lending"': 2,
    ".venv/bin/ethixbot incident promote INC-2026-11-001 --by lead@example.org --field candidate=RTR-31"
    ' --field reason="fair again"': 2,
    ".venv/bin/ethixbot incident rollback INC-2026-11-001 --by oncall@example.org"
    ' --field reason="unfair since 2.0.0"': 2,
    ".venv/bin/ethixbot token create --for oncall@example.org --days 90 --by admin@example.org": 2,
    ".venv/bin/ethixbot token list": 2,
    ".venv/bin/ethixbot token revoke ethx_Ab3dE9x --by admin@example.org": 2,
    # tests/bot/test_api.py has a database
    ".venv/bin/ethixbot quiet list": 2,
    ".venv/bin/ethixbot quiet silence family=data column=age for 4h the feed moves --by lead@example.org": 2,
    ".venv/bin/ethixbot quiet maintenance model=income-prequal for 2h the feed moves --by oncall@example.org": 2,
    '.venv/bin/ethixbot quiet end QUI-7 --by lead@example.org --reason "it is done"': 2,
    ".venv/bin/ethixbot doctor": 1,  # no real token here
    # tests/bot/test_audit.py and tests/scenarios/test_sealing.py have a log; here is no database
    ".venv/bin/ethixbot outbox list": 2,
    ".venv/bin/ethixbot outbox list --state withheld": 2,
    # here nobody holds a role
    ".venv/bin/ethixbot outbox retry --by oncall@example.org": 2,
    ".venv/bin/ethixbot outbox drop digest:daily:ml-monitoring:2026-11-20 --by oncall@example.org"
    ' --reason "yesterday\'s"': 2,
    ".venv/bin/ethixbot oncall": 2,  # tests/bot/test_oncall.py has a rota; the policy that ships has none
    ".venv/bin/ethixbot oncall --ics on-call.ics": 2,
    ".venv/bin/ethixbot audit verify": 2,
    ".venv/bin/ethixbot audit verify --anchors slack": 2,
    ".venv/bin/ethixbot audit verify --anchors INC-2026-11-001-evidence-v1.tar.gz --key signing-key.pub.pem": 2,
    # tests/scenarios/test_evidence.py has a bundle
    ".venv/bin/ethixbot evidence export INC-2026-11-001 --by auditor@example.org --out case.tar.gz": 2,
    ".venv/bin/ethixbot evidence verify case.tar.gz --key signing-key.pub.pem": 2,
    # tests/scenarios/test_restoring.py has a database
    ".venv/bin/ethixbot backup /backups/ethixbot-2026-11-21": 2,
    ".venv/bin/ethixbot restore /backups/ethixbot-2026-11-21 --by admin@example.org --anchors checkpoints.txt"
    " --replace": 2,
    # nobody holds a role in the policy that ships
    ".venv/bin/ethixbot audit export --by audit@example.org --format csv --from 2026-11-01 --to 2026-11-30"
    " --out november.csv": 2,
    '.venv/bin/ethixbot erase person U0LEFT0001 --by compliance@example.org --reason "left in March, asked for it"': 2,
    # tests/bot/test_baselines.py has a model; here there is none
    ".venv/bin/ethixbot baseline create income-prequal --log march.parquet --by lead@example.org": 2,
    '.venv/bin/ethixbot baseline reset income-prequal --by lead@example.org --reason "the form changed in March"': 2,
    ".venv/bin/ethixbot baseline activate income-prequal 2026-04-01-v1 --by second@example.org": 2,
    ".venv/bin/ethixbot baseline list income-prequal": 2,
    ".venv/bin/ethixbot baseline diff income-prequal 2025-02-01-v1 2026-04-01-v1": 2,
    # tests/bot/test_versions.py has a model; here there is nothing to count
    ".venv/bin/ethixbot registry register income-prequal 2.0.0 --artefact /srv/models/income-2.0.0"
    " --training-data train.parquet --by lead@example.org": 2,
    ".venv/bin/ethixbot registry alias income-prequal champion 2.0.0 --by lead@example.org"
    ' --reason "serves since March"': 2,
    ".venv/bin/ethixbot registry list income-prequal": 2,
    ".venv/bin/ethixbot registry retire income-prequal 1.4.0 --by lead@example.org"
    ' --reason "its training data were never cleared"': 2,
    '.venv/bin/ethixbot registry readmit income-prequal 1.4.0 --by lead@example.org --reason "cleared by Legal"': 2,
    # tests/bot/test_cases.py has requests
    ".venv/bin/ethixbot reviews list income-prequal": 2,
    ".venv/bin/ethixbot reviews decide 17 declined --by lead@example.org"
    ' --note "the payslips are another person\'s"': 2,
    '.venv/bin/ethixbot erase request income-prequal r-17 --by compliance@example.org --reason "asked for it"': 2,
    ".venv/bin/ethixbot proxies reference.parquet --protected sex,race": 0,
    ".venv/bin/ethixbot analyze --baseline reference.parquet --window week.parquet"
    " --protected sex,race --html report.html": 1,  # the week of the fairness break
}


def test_every_command_is_known():
    assert set(TOLD) == set(RUN)


def test_every_command_runs(tmp_path, data):
    (tmp_path / "reference.parquet").symlink_to(data / "reference.parquet")
    (tmp_path / "week.parquet").symlink_to(data / "current_e_biased_retrain.parquet")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SLACK_", "ETHIXBOT_", "DATABASE_"))}
    commands = [(command.replace("…", "1"), code) for command, code in RUN.items() if code is not None]
    process = subprocess.Popen([sys.executable, "-c", FORKING], cwd=tmp_path, env=environment, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    with process:
        for command, code in commands:
            is_ours = command.startswith(OURS) and ">" not in command
            ran = _forked(process, command) if is_ours else _ran(command, tmp_path, environment)
            assert ran["code"] == code, (command, ran)
            assert "Traceback" not in ran["said"], command
        process.stdin.close()


OURS = ".venv/bin/ethixbot "
# Runs commands as the entry point would, each in a process of its own that need not import everything again.
FORKING = """
import json, os, sys, tempfile
import bot.app, bot.doctor, bot.proving, bot.cli
for line in sys.stdin:
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if child == 0:
            os.dup2(said.fileno(), 1), os.dup2(said.fileno(), 2), os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.argv = ["ethixbot", *json.loads(line)]
            try:
                code = bot.cli.main()
            except SystemExit as ended:
                code = ended.code
            except BaseException:
                import traceback; traceback.print_exc(); code = 70
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code or 0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        print(json.dumps({"code": code, "said": said.read()}), flush=True)
"""


def _forked(process, command):
    process.stdin.write(json.dumps(shlex.split(command.removeprefix(OURS))) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def _ran(command, folder, environment):
    here = command.replace(".venv/bin/", f"{BIN}/")
    done = subprocess.run(["sh", "-c", here], cwd=folder, env=environment, capture_output=True, text=True, timeout=60,
                          check=False)  # fmt: skip
    return {"code": done.returncode, "said": done.stdout + done.stderr}


def test_make_knows_its_targets():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)", README)) <= targets


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_is_told(name):
    assert f"`{COMMAND} {COMMANDS[name].usage}`" in README


def test_every_setting_is_told():
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias.choices[0] if field.validation_alias else f"ETHIXBOT_{name.upper()}"
        if name not in ("post_interval", "look_after", "lease"):  # Slack's own limits; for tests
            assert f"`{alias}`" in README, alias


def test_the_table_of_moves_is_the_codes():
    assert set(MOVES) <= set(re.findall(r"`(\w+)`", table()))
    assert table() in README, "put the table of `templates.slack.moves.table()` under <!-- moves -->"


def test_the_diagram_of_states_is_the_codes():
    assert diagram() in README, "put `templates.slack.moves.diagram()` under <!-- states -->"
    assert set(re.findall(r"--> (\w+):", diagram())) <= set(State)
