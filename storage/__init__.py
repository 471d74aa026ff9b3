"""Remembers: tables, transactions, logs on disk.

Nothing here sends, decides or commits on its own.
"""
