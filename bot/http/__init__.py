"""The HTTP door: Slack's signed deliveries, the gate for serving code, health."""
