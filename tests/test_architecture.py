"""Imports point one way: `analysis` decides · `templates` shows · `storage` remembers · `bot` acts."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("analysis", "storage", "templates", "bot")
MAY_IMPORT = {
    "analysis": {"analysis", "numpy", "scipy", "pyarrow", "pydantic", "pydantic_core", "numba", "celpy", "cel"},
    "templates": {"templates", "analysis", "storage", "jinja2", "matplotlib", "numpy", "markupsafe", "icalendar"},
    "storage": {
        "storage", "analysis", "sqlmodel", "sqlalchemy", "alembic", "pyarrow", "numpy", "rfc8785", "cryptography",
        "pydantic", "ruamel", "pyspark", "py4j",
    },
}  # fmt: skip
NEVER_CALLED_IN_ANALYSIS = {"open", "print", "input"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
# doors → operations → integrations, delivery and what they need; a door knows no other door
DOORS = {"bot.slack": {"bot.http", "bot.cli", "bot.schedule"}, "bot.http": {"bot.slack", "bot.cli", "bot.schedule"}}
BENEATH_DOORS = ("operations", "integrations")


def modules(package: str) -> list[Path]:
    return [p for p in sorted((ROOT / package).rglob("*.py")) if "migrations/versions" not in p.as_posix()]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_place_imports_only_what_it_may(package):
    allowed = MAY_IMPORT[package] | set(sys.stdlib_module_names)
    strange = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(package)
        for name in imported(path)
        if name.split(".")[0] not in allowed
    }
    assert not strange


def test_templates_take_records_and_views_from_storage_but_never_load():
    allowed = (
        "storage.tables",
        "storage.approvals",
        "storage.baselines",
        "storage.cases",
        "storage.clocks",
        "storage.desk",
        "storage.incidents",
        "storage.overview",
        "storage.quiet",
        "storage.registry",
        "storage.rollouts",
        "storage.storms",
        "storage.week",
    )
    strange = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules("templates")
        for name in imported(path)
        if name.startswith("storage") and not name.startswith(allowed)
    }
    assert not strange


def test_analysis_reads_no_clock_and_no_file():
    found = []
    for path in modules("analysis"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if isinstance(called, ast.Name) and called.id in NEVER_CALLED_IN_ANALYSIS:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {called.id}")
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                pair = (called.value.id, called.attr)
                if pair in CLOCKS:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} {'.'.join(pair)}")
    assert not found


def test_storage_never_commits_on_its_own():
    allowed = {"storage/migrate.py", "storage/database.py"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules("storage")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr == "commit"
        and path.relative_to(ROOT).as_posix() not in allowed
    ]
    assert not found


@pytest.mark.parametrize("door", DOORS)
def test_a_door_knows_no_other_door(door):
    folder = ROOT / door.replace(".", "/")
    strange = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted(folder.rglob("*.py"))
        for name in imported(path)
        if name.startswith(tuple(DOORS[door]))
    }
    assert not strange


@pytest.mark.parametrize("place", BENEATH_DOORS)
def test_what_lies_beneath_the_doors_does_not_know_them(place):
    strange = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules(f"bot/{place}")
        for name in imported(path)
        if name.startswith(("bot.slack", "bot.http", "bot.cli", "slack_bolt", "slack_sdk", "fastapi"))
    }
    assert not strange


def test_the_local_workspace_depends_on_nothing_of_the_bot():
    strange = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules("bot/localslack")
        for name in imported(path)
        if name.split(".")[0] in PACKAGES and not name.startswith("bot.localslack")
    }
    assert not strange


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("bot.cli", {"numpy", "scipy", "pyarrow", "matplotlib", "fastapi", "slack_bolt", "sqlmodel"}),
        ("bot.app", {"scipy.special", "scipy.stats", "scipy.optimize", "cel", "matplotlib", "pandas"}),
    ],
)
def test_it_starts_without_what_only_later_work_needs(module, heavy):
    code = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not heavy & set(run.stdout.split())


def test_each_package_says_what_lives_in_it():
    silent = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in modules(package)
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent
