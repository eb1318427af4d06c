"""The servers under test. Each runs in a process of its own: ``python -m benchmarks.servers.X``.

It reads commands from its standard input, one JSON object a line, and answers each with one on
its standard output, after a first line ``{"port": ...}``. When its input ends, so does it.
"""
