"""Block Kit: what Slack accepts, as tables that a few small checks read, and what an element's value looks like.

Limits are those of Slack's reference pages; nothing here knows of channels, people or requests.
"""
