"""The page: templates that draw the workspace for one person, a little script that keeps it live, and its looks.

Everything that was written by someone is escaped here, by Jinja's autoescape or by `mrkdwn`.
"""
