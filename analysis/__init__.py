"""Decides: numbers, verdicts, states, roles and deadlines, as pure functions.

Nothing here reads a clock, a file, a network or a database; what it needs is handed in.
"""
