"""The numbers: one pure function each, with its definition, an example that runs, and its reference.

`table.METRICS` lists them all; what they are in words is in DEFINITIONS.
"""
