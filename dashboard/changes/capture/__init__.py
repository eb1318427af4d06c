"""Capture: what a transaction changed becomes rows of the log in the same transaction."""
