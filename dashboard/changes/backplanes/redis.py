"""The backplane by Redis: PUBLISH and SUBSCRIBE, which keep nothing."""

from __future__ import annotations

import time
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dashboard.changes.backplanes.driver import CHANNEL, PATIENCE


class RedisDriver:
    """``url`` is as redis-py writes it. Databases of one server don't keep channels apart."""

    kind = "redis"

    def __init__(self, url: str) -> None:
        self._url = url

    def sender(self) -> RedisSender:
        return RedisSender(self._client())

    def listener(self) -> RedisListener:
        return RedisListener(self._client())

    def _client(self) -> Any:
        return redis.Redis.from_url(
            self._url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            socket_keepalive=True,
            decode_responses=True,
            # Left to itself it tries again behind the back of the one who counts the attempts.
            retry=Retry(NoBackoff(), 0),
        )


class RedisSender:
    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, text: str) -> None:
        self._client.publish(CHANNEL, text)

    def close(self) -> None:
        self._client.close()


class RedisListener:
    def __init__(self, client: Any) -> None:
        self._client = client
        self._channel = client.pubsub()
        try:
            self._channel.subscribe(CHANNEL)
            self._confirm()
        except BaseException:
            self.close()
            raise

    def _confirm(self) -> None:
        """Wait until the server says that it has subscribed us: then nothing is missed."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self._channel.get_message(timeout=PATIENCE)
            if message is not None and message["type"] == "subscribe":
                return
        raise TimeoutError("Redis doesn't confirm the subscription")

    def receive(self, timeout: float) -> list[str]:
        message = self._channel.get_message(timeout=timeout)
        if message is None or message["type"] != "message":
            return []
        return [message["data"]]

    def close(self) -> None:
        self._channel.close()
        self._client.close()
