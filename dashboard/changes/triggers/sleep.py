"""When nobody looks for notes, a trigger has to wake the movers; when one does, it doesn't.

NOTIFY takes a lock of the whole server at the commit. So a mover that has found something says
until when it will look again and again by itself.
"""

from __future__ import annotations

CHANNEL = "dashboard_notes"
AWAKE_UNTIL = "notes.awake_until"
"""The setting that holds when the movers may sleep again, in seconds since 1970."""
