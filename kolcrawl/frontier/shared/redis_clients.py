"""The clients of a Redis of any form: one server, a cluster, or a primary and its replicas that Sentinels watch.

FRONTIER_URL names one server. Where it turns out to be a node of a cluster, the client learns the others, and follows
the crawl's hash slot when another node takes it over. With `?sentinel=NAME` it names a Sentinel, which is asked where
the primary of that name is at each connection; the other Sentinels are learned from the first one that answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.asyncio.connection import SSLConnection
from redis.asyncio.connection import parse_url as parse_redis_url
from scrapy_redis.connection import get_redis

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENTINEL_PORT = 26379
AsyncClient = redis.asyncio.Redis | redis.asyncio.RedisCluster


def split_sentinel(url: str) -> tuple[str, str]:
    """Split the name of the primary off an address that names a Sentinel; it is empty where it names a Redis."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    names = [value for key, value in query if key == "sentinel"]
    rest = [(key, value) for key, value in query if key != "sentinel"]
    return urlunsplit(parts._replace(query=urlencode(rest))), names[-1] if names else ""


def make_async_client(url: str, params: Mapping[str, Any]) -> redis.asyncio.Redis:
    """Make a client of a Redis, or of the primary that a Sentinel names; nothing is connected yet.

    Raises:
        TypeError, ValueError: the address or a parameter has no form that can be used.
    """
    plain, name = split_sentinel(url)
    if not name:
        client: redis.asyncio.Redis = get_redis(redis_cls=redis.asyncio.Redis, url=plain, **params)
        return client
    place, to_sentinel, to_redis = _sentinel_arguments(plain, params)
    sentinel: Any = redis.asyncio.sentinel.Sentinel
    found: redis.asyncio.Redis = sentinel([place], sentinel_kwargs=to_sentinel, **to_redis).master_for(name)
    return found


async def learn_nodes(client: redis.asyncio.Redis, url: str, params: Mapping[str, Any]) -> AsyncClient:
    """Learn which other nodes or Sentinels there are.

    Returns: the client to use from now on; another one for a cluster.
    """
    plain, name = split_sentinel(url)
    if name:
        manager = client.connection_pool.sentinel_manager  # type: ignore[attr-defined]
        others = await manager.sentinels[0].sentinel_sentinels(name)
        _, to_sentinel, _ = _sentinel_arguments(plain, params)
        manager.sentinels[1:] = [
            redis.asyncio.Redis(host=other["ip"], port=other["port"], **to_sentinel) for other in others
        ]
        return client
    if not (await client.info("cluster")).get("cluster_enabled"):
        return client
    await client.aclose()
    whole = {"require_full_coverage": False, **params}  # nodes that lack are none of this crawl's business
    cluster: redis.asyncio.RedisCluster = get_redis(redis_cls=redis.asyncio.RedisCluster, url=plain, **whole)
    return cluster


def make_client(url: str, params: Mapping[str, Any]) -> Any:
    """Make a client that waits, of a Redis of any form. Raises Redis's errors: the server is asked for its form."""
    plain, name = split_sentinel(url)
    if name:
        place, to_sentinel, to_redis = _sentinel_arguments(plain, params)
        sentinel: Any = redis.sentinel.Sentinel
        return sentinel([place], sentinel_kwargs=to_sentinel, **to_redis).master_for(name)
    client = get_redis(redis_cls=redis.Redis, url=plain, **params)
    if not client.info("cluster").get("cluster_enabled"):
        return client
    client.close()
    return get_redis(redis_cls=redis.RedisCluster, url=plain, **{"require_full_coverage": False, **params})


def _sentinel_arguments(
    plain: str, params: Mapping[str, Any]
) -> tuple[tuple[str, int], dict[str, Any], dict[str, Any]]:
    """Say where a Sentinel is, and what its clients and those of the primary are given.

    User and password are those of the primary; those of Sentinels are given by `sentinel_kwargs` in REDIS_PARAMS.
    """
    to_redis: dict[str, Any] = {**params, **parse_redis_url(plain)}
    place = (str(to_redis.pop("host")), int(to_redis.pop("port", _SENTINEL_PORT)))
    if to_redis.pop("connection_class", None) is SSLConnection:
        to_redis["ssl"] = True
    own = to_redis.pop("sentinel_kwargs", {})
    not_for_sentinel = {"db", "username", "password", "client_name"}
    to_sentinel = {key: value for key, value in to_redis.items() if key not in not_for_sentinel}
    return place, to_sentinel | own, to_redis
