"""Gates: what serving code is told, how soon, and what it does when nobody answers."""

import os
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient

from bot import gate as client
from bot.gate import Gate
from bot.http import server
from bot.services import Services, utc_now
from storage import oversight, registry
from storage.tables import AliasChange, Model, OversightChange

SOON_S = 5.0  # a call is held for ten; the delay itself is measured by the bench


class Bot:
    """The HTTP door on a port of its own."""

    def __init__(self, services, port=0, token=None, behind=lambda app: app):
        self.services = services
        self.http = server.build(services, None, None, gate_token=token)
        config = uvicorn.Config(
            behind(self.http), port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=2
        )  # fmt: skip
        self.socket = config.bind_socket()
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.uvicorn = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.uvicorn.run, args=([self.socket],), daemon=True)
        self.thread.start()

    def stop(self):
        self.http.state.bell.close()
        self.uvicorn.should_exit = True
        self.thread.join(10)
        self.socket.close()


@pytest.fixture
def services(database, tmp_path):
    with database.write() as session:
        session.add(Model(id="m", name="m", risk="high", registered_at=utc_now()))
    return Services(database, None, tmp_path, None)


@pytest.fixture
def bot(services):
    found = Bot(services)
    yield found
    found.stop()


def restrain(services, level, **more):
    change = OversightChange(model_id="m", sequence=0, level=level, reason="Biased", by="U1", at=utc_now(), **more)
    with services.transaction() as session:
        oversight.change(session, change)


def until(holds):
    """Return after how many seconds it holds."""
    start = time.perf_counter()
    while not holds():
        assert time.perf_counter() - start < 10
        threading.Event().wait(0.002)
    return time.perf_counter() - start


def opened(bot, **more):
    return Gate(bot.url, "m", **more)


def test_a_freeze_changes_decisions_within_a_second(bot, services):
    gate = opened(bot)
    assert (gate.check().action, gate.check().level, gate.check().is_stale) == ("serve", 0, False)
    restrain(services, 4, fallback="1.0.0", incident_id="INC-2026-11-001")
    assert until(lambda: gate.check().level == 4) < SOON_S
    seen = gate.check(score=0.9)
    assert (seen.action, seen.version, seen.is_fallback) == ("serve", "1.0.0", True)
    assert (seen.reason, seen.incident) == ("Biased", "INC-2026-11-001")
    restrain(services, 4)
    until(lambda: not gate.check().is_fallback)
    assert gate.check().action == "refuse"
    restrain(services, 0)
    assert until(lambda: gate.check().action == "serve") < SOON_S
    gate.close()


def test_a_change_of_another_process_is_seen_too(bot, services):
    gate = opened(bot)
    with services.database.write() as session:  # nobody here is woken
        oversight.change(session, OversightChange(model_id="m", sequence=0, level=3, reason="r", by="U1", at=utc_now()))
    assert until(lambda: gate.check().action == "review") < SOON_S
    gate.close()


def test_the_version_that_serves_is_told(bot, services):
    gate = opened(bot)
    assert gate.check().version is None
    with services.transaction() as session:
        registry.point(
            session,
            AliasChange(model_id="m", alias="champion", sequence=0, version="2.1", by="U1", reason="", at=utc_now()),
        )
    until(lambda: gate.check().version == "2.1")
    gate.close()


def test_unsure_requests_go_to_people_at_level_two(bot, services):
    restrain(services, 2)
    gate = opened(bot)
    assert [gate.check(score=score).action for score in (0.1, 0.5, 0.79, 0.8)] == ["serve", "review", "review", "serve"]
    assert [gate.check(confidence=c).action for c in (0.79, 0.80, float("nan"))] == ["review", "serve", "review"]
    assert gate.check().action == "review"  # nothing says that it is sure
    gate.close()


def test_a_segment_is_restrained_and_the_rest_is_not(bot, services):
    restrain(services, 3, segment="sex=Female")
    gate = opened(bot)
    assert gate.check(attributes={"sex": "Male"}).action == "serve"
    assert gate.check(attributes={"sex": "Female"}).action == "review"
    assert gate.check().action == "review"  # it may be one of them
    restrain(services, 4)
    until(lambda: gate.check(attributes={"sex": "Male"}).action == "refuse")
    assert gate.check(attributes={"sex": "Female"}).level == 4  # the stricter one holds
    restrain(services, 0)
    until(lambda: gate.check(attributes={"sex": "Male"}).action == "serve")
    assert gate.check(attributes={"sex": "Female"}).action == "review"
    gate.close()


def test_a_sample_is_the_same_for_one_request_and_as_large_as_told(bot, services):
    restrain(services, 1)
    gate, other = opened(bot), opened(bot)
    ids = [f"request-{number}" for number in range(4_000)]
    drawn = [gate.check(request_id=one).sampled for one in ids]
    assert drawn == [other.check(request_id=one).sampled for one in ids]
    assert 0.13 < sum(drawn) / len(ids) < 0.17
    gate.close()
    other.close()


def test_a_throttle_lets_so_many_through(bot, services):
    clock = [0.0]
    restrain(services, 1, terms={"throttle": {"per_second": 2.0, "burst": 3}})
    gate = opened(bot, monotonic=lambda: clock[0])
    answers = [gate.check() for _ in range(5)]
    assert [one.action for one in answers] == ["serve"] * 3 + ["refuse"] * 2
    assert answers[-1].retry_after_s == pytest.approx(0.5)
    clock[0] += 1.0
    assert [gate.check().action for _ in range(3)] == ["serve", "serve", "refuse"]
    gate.close()


@pytest.mark.parametrize(
    ("way", "action", "level", "version"),
    [("freeze", "serve", 4, "1.0.0"), ("last_known", "review", 3, "1.0.0"), ("serve", "serve", 0, None)],
)
def test_who_cannot_reach_the_bot_does_what_it_was_told_to(services, way, action, level, version):
    clock = [0.0]
    bot = Bot(services)
    restrain(services, 3, fallback="1.0.0")
    gate = opened(bot, on_unreachable=way, monotonic=lambda: clock[0])
    assert gate.check().level == 3
    bot.stop()
    clock[0] += gate.max_age_s - 0.1
    assert (gate.check().level, gate.check().is_stale) == (3, False)  # bounded, not at once
    clock[0] += 0.2
    seen = gate.check(score=0.99)
    assert (seen.action, seen.level, seen.version, seen.is_stale) == (action, level, version, True)
    gate.close()


@pytest.mark.parametrize(("way", "action"), [("freeze", "refuse"), ("last_known", "refuse"), ("serve", "serve")])
def test_who_never_reached_it_fails_safe(way, action):
    gate = Gate("http://127.0.0.1:9", "m", way, first_s=0.1)
    assert (gate.check().action, gate.check().is_stale) == (action, True)
    gate.close()


def test_what_is_remembered_holds_over_a_restart(services, tmp_path):
    kept, bot = tmp_path / "gate.json", Bot(services)
    restrain(services, 3)
    opened(bot, remember=kept).close()
    until(kept.exists)
    bot.stop()
    again = Gate(bot.url, "m", "last_known", remember=kept, first_s=0.1)
    assert (again.check().action, again.check().is_stale) == ("review", True)
    again.close()
    kept.write_text("{")
    broken = Gate(bot.url, "m", "last_known", remember=kept, first_s=0.1)
    assert broken.check().action == "refuse"
    broken.close()


def test_a_bot_that_comes_back_is_heard_again(services):
    clock, bot = [0.0], Bot(services)
    gate = opened(bot, monotonic=lambda: clock[0])
    port = int(bot.url.rpartition(":")[2])
    bot.stop()
    clock[0] += 60
    assert gate.check().level == 4
    back = Bot(services, port)
    until(lambda: gate.check().level == 0)
    back.stop()
    gate.close()


def test_a_fork_asks_for_itself(bot, services):
    gate = opened(bot)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.write(writer, b"ready")
        start = time.monotonic()
        while gate.check().level != 4 and time.monotonic() - start < 5:
            time.sleep(0.01)
        os._exit(0 if gate.check().level == 4 else 1)
    os.close(writer)
    assert os.read(reader, 5) == b"ready"
    os.close(reader)
    restrain(services, 4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    gate.close()


def test_the_door_tells_once_and_says_nothing_new_as_304(services):
    door = TestClient(server.build(services, None, None))
    first = door.get("/v1/gate/m")
    again = door.get("/v1/gate/m", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    restrain(services, 2)
    newer = door.get("/v1/gate/m", headers={"If-None-Match": first.headers["etag"]})
    assert (newer.status_code, newer.json()["level"], newer.json()["confidence"]) == (200, 2, 0.8)
    assert door.get("/v1/gate/other").status_code == 404
    assert door.get("/v1/gate/m?wait=3600").status_code == 422


def test_a_proxy_may_make_the_etag_weak_and_several_may_be_known(services):
    door = TestClient(server.build(services, None, None))
    etag = door.get("/v1/gate/m").headers["etag"]
    for sent in (f"W/{etag}", f'"other", {etag}', f'"other", W/{etag}'):
        assert door.get("/v1/gate/m", headers={"If-None-Match": sent}).status_code == 304
    assert door.get("/v1/gate/m", headers={"If-None-Match": '"other"'}).status_code == 200


def test_behind_a_proxy_that_takes_the_etag_away_the_client_asks_with_pauses_and_hears_of_changes(services):
    calls = []

    def proxy(app):
        async def passed(scope, receive, send):
            async def without(message):
                headers = [one for one in message.get("headers", ()) if one[0] != b"etag"]
                await send(message | ({"headers": headers} if "headers" in message else {}))

            calls.append(time.monotonic())
            await app(scope, receive, without)

        return passed

    bot = Bot(services, behind=proxy)
    gate = opened(bot)
    until(lambda: len(calls) > 3)
    assert min(later - call for call, later in pairwise(calls[1:])) > 0.15
    restrain(services, 4)
    assert until(lambda: gate.check().level == 4) < SOON_S
    gate.close()
    bot.stop()


def test_a_gate_with_a_token_asks_for_it(services):
    bot = Bot(services, token="sesame")
    assert TestClient(server.build(services, None, None, gate_token="sesame")).get("/v1/gate/m").status_code == 401
    outside, inside = opened(bot, first_s=0.2), opened(bot, token="sesame")
    assert (outside.check().is_stale, inside.check().is_stale) == (True, False)
    outside.close()
    inside.close()
    bot.stop()


def test_the_client_is_one_file_without_dependencies(tmp_path):
    copied = tmp_path / "gate.py"
    copied.write_text(Path(client.__file__).read_text())
    code = "import gate; gate.Gate('http://127.0.0.1:9', 'm', first_s=0); print('ok')"
    said = subprocess.check_output(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {code}"], cwd=tmp_path, text=True
    )
    assert said == "ok\n"


def test_words_that_it_does_not_know_are_refused():
    with pytest.raises(ValueError, match="on_unreachable is freeze"):
        Gate("http://127.0.0.1:9", "m", "maybe")
    with pytest.raises(ValueError, match="longer than wait_s"):
        Gate("http://127.0.0.1:9", "m", max_age_s=5)
