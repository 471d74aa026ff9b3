"""Acts: the doors (Slack, HTTP, command line, schedule), the operations behind them, and delivery.

Doors parse and answer; operations read, ask `analysis`, and write one transaction; delivery sends.
"""
