"""Benchmarks: `make bench`, or `python -m benchmarks.fanout --help`."""
