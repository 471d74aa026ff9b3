"""Shows: records in, words, blocks, documents and pictures out.

Nothing here loads, decides or sends.
"""
