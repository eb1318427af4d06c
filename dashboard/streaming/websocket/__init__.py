"""WebSockets on the hub: the events of streams, and what clients say (RFC 6455)."""
