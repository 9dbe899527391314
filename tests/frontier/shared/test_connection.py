"""How workers reach Redis: by TLS as a user with few rights, by scrapy-redis's own parameters, and not at all."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import logging
import signal
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from scrapy import Spider
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from kolcrawl.errors import ConfigError
from kolcrawl.frontier.scheduler import FrontierScheduler
from kolcrawl.frontier.shared.addon import FrontierAddon, check_shared_frontier
from kolcrawl.frontier.shared.frontier_answers import LeaseWish
from kolcrawl.frontier.shared.frontier_errors import FrontierAwayError, FrontierError
from kolcrawl.frontier.shared.overview import FrontierConsole
from kolcrawl.frontier.shared.patience import RedisPatience
from kolcrawl.frontier.shared.redis_frontier import RedisFrontier
from kolcrawl.frontier.shared.shared_scheduler import SharedScheduler
from kolcrawl.frontier.shared.worker_words import WorkerWords
from tests.frontier.shared.servers import RedisProcess
from tests.frontier.shared.test_steps import Bench, texts
from tests.ports import free_port

ROOT = Path(__file__).parents[3]
OWN = "kolcrawl.frontier.scheduler.FrontierScheduler"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for loopback that is its own authority. Returns: its file and that of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "redis of a test")])
    now = dt.datetime.now(dt.UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1)).add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "redis.crt").write_bytes(built.public_bytes(pem))
    kept = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "redis.key").write_bytes(kept)
    return folder / "redis.crt", folder / "redis.key"


def documented_user() -> str:
    """The rights that docs/scale.md gives the workers' user."""
    line = next(line for line in (ROOT / "docs/scale.md").read_text().splitlines() if "ACL SETUSER kolcrawl" in line)
    return line.strip().removeprefix("ACL SETUSER ").replace(">PASSWORD", ">opensesame")


def test_tls_and_a_user_with_few_rights(tmp_path: Path) -> None:
    """All steps work over TLS for the user of docs/scale.md, who may neither configure nor flush."""
    certificate, key = make_certificate(tmp_path)
    port = free_port()
    server = RedisProcess(
        tmp_path, "--tls-port", str(port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key),
        "--tls-ca-cert-file", str(certificate), "--tls-auth-clients", "no",
    )  # fmt: skip
    server.start()
    try:
        with server.client() as client:
            client.execute_command("ACL", "SETUSER", *documented_user().split())
        login = f"127.0.0.1:{port}/0?ssl_ca_certs={certificate}"
        server.address = f"rediss://kolcrawl:opensesame@{login}"
        bench = Bench(server, "tls")
        worker = bench.worker()
        assert worker.shown == f"rediss://127.0.0.1:{port}/0"
        bench.run(worker.check())
        bench.push(worker, 1, 2)
        popped = bench.pop(worker)
        assert texts(popped) == ["request 1"]
        bench.run(worker.renew([(popped.requests[0].id, popped.requests[0].token)]))
        bench.done(worker, *popped.requests)
        assert bench.run(worker.seeds_noted(0)) == []
        bench.run(worker.remove("other"))
        bench.run(worker.leave(0))
        for forbidden in ("FLUSHALL", "CONFIG GET *"):
            with pytest.raises(Exception, match="no permissions"):
                bench.run(worker.client.execute_command(*forbidden.split()))
        server.address = f"rediss://kolcrawl:wrong@{login}"
        with pytest.raises(FrontierError, match="refuses the login") as refused:
            bench.worker()
        assert "wrong" not in str(refused.value)
        server.address = f"rediss://kolcrawl:opensesame@127.0.0.1:{port}/0"
        with pytest.raises(FrontierError, match="certificate"):
            bench.worker()
        for one in bench.workers:
            bench.run(one.close())
        bench.loop.close()
    finally:
        server.stop()


def test_cluster_mode(tmp_path: Path) -> None:
    """A Redis in cluster mode, which refuses scripts over several slots, takes all steps and the look from outside."""
    server = RedisProcess(tmp_path, "--cluster-enabled", "yes")
    server.start()
    try:
        with server.client() as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO"):
                pass
        bench = Bench(server, "cluster")
        worker = bench.worker()
        bench.push(worker, 1, 2)
        popped = bench.pop(worker, 5, 10, 10)
        assert texts(popped) == ["request 1"]
        bench.done(worker, *popped.requests)
        console = FrontierConsole(server.address)
        assert (console.crawls(), console.look("cluster").pending) == (["cluster"], 1)
        console.close()
        bench.run(worker.leave(0))
        bench.run(worker.remove(worker._id))
        bench.run(worker.close())
        bench.loop.close()
    finally:
        server.stop()


def test_parameters_of_scrapy_redis() -> None:
    """REDIS_PARAMS reaches the client."""
    worker = RedisFrontier("redis://localhost", "x", params={"socket_timeout": 1.5, "client_name": "kolcrawl"})
    given = worker.client.connection_pool.connection_kwargs
    assert (given["socket_timeout"], given["client_name"]) == (1.5, "kolcrawl")
    with pytest.raises(FrontierError, match="FRONTIER_URL=redis://localhost:6379/x"):
        RedisFrontier("redis://:secret@localhost/x?socket_timeout=soon", "x")


def test_a_scheduler_of_the_users_own_stays() -> None:
    """FRONTIER_URL chooses the shared scheduler, unless another one was chosen than the project's."""
    for scheduler, url, chosen in (
        (OWN, "redis://localhost", "kolcrawl.frontier.shared.shared_scheduler.SharedScheduler"),
        (OWN, None, OWN),
        ("scrapy.core.scheduler.Scheduler", "redis://localhost", "scrapy.core.scheduler.Scheduler"),
    ):
        settings = Settings({"SCHEDULER": scheduler, "FRONTIER_URL": url})
        FrontierAddon().update_settings(settings)
        assert settings["SCHEDULER"] == chosen


def test_spiders_that_do_not_share() -> None:
    """A spider of Scrapy's own, as in `scrapy fetch` and `scrapy shell`, needs no Redis though FRONTIER_URL is set."""
    crawler = get_crawler(settings_dict={"FRONTIER_URL": "redis://localhost:1"})
    crawler.spider = Spider("default")
    assert type(SharedScheduler.from_crawler(crawler)) is FrontierScheduler


def test_settings_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """A JOBDIR beside FRONTIER_URL, and scrapy-redis that is missing, are told with the remedy."""
    check_shared_frontier(Settings({}))
    check_shared_frontier(Settings({"FRONTIER_URL": "redis://localhost"}))
    with pytest.raises(ConfigError, match="leave out JOBDIR"):
        check_shared_frontier(Settings({"FRONTIER_URL": "redis://localhost", "JOBDIR": "job"}))
    monkeypatch.setattr("kolcrawl.frontier.shared.addon.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"needs scrapy-redis: .* install .*scrapy-redis"):
        check_shared_frontier(Settings({"FRONTIER_URL": "redis://localhost"}))


def test_patience(caplog: pytest.LogCaptureFixture) -> None:
    """A Redis that is away is told once and asked again; so is its return; in the end it is given up."""
    answers: list[FrontierAwayError | str] = [FrontierAwayError("away")] * 3 + ["here"]

    async def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, FrontierAwayError):
            raise answer
        return answer

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(RedisPatience(60).ask(ask)) == "here"
    assert [record.getMessage().split(";")[0].split(" after")[0] for record in caplog.records] == [
        "away",
        "Redis is back",
    ]
    answers[:] = [FrontierAwayError("away")] * 9
    with pytest.raises(FrontierAwayError, match="too long"):
        asyncio.run(RedisPatience(0).ask(ask))


def test_a_redis_that_hangs_blocks_nothing(tmp_path: Path) -> None:
    """While Redis hangs in the middle of a step, all else goes on; afterwards the step is repeated."""
    server = RedisProcess(tmp_path)
    server.start()

    async def hang() -> list[str]:
        worker = RedisFrontier(server.address, "hangs", params={"socket_timeout": 1.0})
        await worker.enter("related", "", "{}")
        words = WorkerWords()
        words.push(b"x" * 12, "a.example", "a", 0, 1, "request", again=False)
        await worker.settle(words.head(1))
        server.send(signal.SIGSTOP)
        step = asyncio.ensure_future(worker.pop(LeaseWish(5)))
        turns = 0
        while not step.done():
            await asyncio.sleep(0.01)
            turns += 1
        assert turns > 3  # a step that blocked the loop would leave it one
        with pytest.raises(FrontierAwayError, match="does not answer"):
            await step
        server.send(signal.SIGCONT)
        popped = await RedisPatience(60).ask(lambda: worker.pop(LeaseWish(5)))
        await worker.close()
        return texts(popped)

    try:
        assert asyncio.run(hang()) == ["request"]
    finally:
        server.stop()


def test_a_redis_that_nobody_has_asked_is_not_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at which there is nothing to ask tells nothing about a Redis that is away; a failed renewal stays due."""
    scheduler = SharedScheduler(get_crawler(settings_dict={"FRONTIER_URL": "redis://localhost:1"}))
    monkeypatch.setattr(scheduler, "_look", lambda: None)
    monkeypatch.setattr("kolcrawl.frontier.shared.shared_scheduler.is_stopping", lambda _: False)
    scheduler._frontier = RedisFrontier("redis://localhost:1", "x")
    scheduler._next_pop = scheduler._next_renewal = float("inf")
    assert asyncio.run(scheduler._exchange()) is False
    scheduler._next_renewal = 0.0
    with pytest.raises(FrontierAwayError):
        asyncio.run(scheduler._exchange())
    assert scheduler._next_renewal == 0.0
