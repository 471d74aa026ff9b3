"""Real bots killed, stopped and starved of their database and Slack, and the judge that counts what came of it.

`python -m tests.chaos` runs it. A run is judged by what two sides hold at its end: the database and the workspace.
"""
