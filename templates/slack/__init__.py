"""Draws what Slack shows: a record in, blocks out; a plain dict in Slack's shapes, checked by `limits.lint`."""
