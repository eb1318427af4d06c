"""Triggers: what writers outside of the program change is noted, and moved into the log.

A trigger notes in the writer's own transaction what each record was before, and takes no lock
for it that others wait for. The mover of some server process turns the notes into changes.
"""
