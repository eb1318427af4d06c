"""The backplane by RabbitMQ: a fanout exchange, and for each process a queue that goes with it."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp

from dashboard.changes.backplanes.driver import CHANNEL, PATIENCE

LONGEST_QUEUE = 1000
"""Messages that wait for one who doesn't listen; of more the oldest go, which are out of date."""


class RabbitmqDriver:
    """``url`` is ``amqp://user:password@host:port/vhost``; without a vhost it is ``/``."""

    kind = "amqp"

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "amqps"
        self._options: dict[str, Any] = {
            "host": f"{parts.hostname or '127.0.0.1'}:{parts.port or (5671 if secure else 5672)}",
            "userid": unquote(parts.username or "guest"),
            "password": unquote(parts.password or "guest"),
            "virtual_host": unquote(parts.path[1:]) or "/",
            "ssl": {"server_hostname": parts.hostname, "cert_reqs": ssl.CERT_REQUIRED}
            if secure
            else False,
            "connect_timeout": PATIENCE,
            "read_timeout": PATIENCE,
            "write_timeout": PATIENCE,
        }

    def sender(self) -> RabbitmqSender:
        return RabbitmqSender(*self._open())

    def listener(self) -> RabbitmqListener:
        return RabbitmqListener(*self._open())

    def _open(self) -> tuple[Any, Any]:
        """Connect, and see to it that there is the exchange."""
        connection = amqp.Connection(**self._options)
        try:
            connection.connect()
            channel = connection.channel()
            channel.exchange_declare(CHANNEL, "fanout", durable=False, auto_delete=False)
        except BaseException:
            connection.collect()
            raise
        return connection, channel


class RabbitmqSender:
    def __init__(self, connection: Any, channel: Any) -> None:
        self._connection = connection
        self._channel = channel

    def send(self, text: str) -> None:
        self._channel.basic_publish(amqp.Message(text, delivery_mode=1), exchange=CHANNEL)

    def close(self) -> None:
        _close(self._connection)


class RabbitmqListener:
    def __init__(self, connection: Any, channel: Any) -> None:
        self._connection = connection
        self._texts: list[str] = []
        try:
            queue = channel.queue_declare(
                "",
                durable=False,
                exclusive=True,
                auto_delete=True,
                arguments={"x-max-length": LONGEST_QUEUE},
            ).queue
            channel.queue_bind(queue, CHANNEL)
            channel.basic_consume(queue, no_ack=True, callback=self._take)
        except BaseException:
            connection.collect()
            raise

    def _take(self, message: Any) -> None:
        self._texts.append(message.body)

    def receive(self, timeout: float) -> list[str]:
        try:
            self._connection.drain_events(timeout=timeout)
        except TimeoutError as error:
            if error.errno is not None:
                raise  # It's the connection that took too long, not the wait.
        texts, self._texts = self._texts, []
        return texts

    def close(self) -> None:
        _close(self._connection)


def _close(connection: Any) -> None:
    # Without its farewell, what was sent last may be lost.
    try:
        connection.close()
    finally:
        connection.collect()
