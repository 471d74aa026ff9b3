"""The Slack door: parses what people press and type, calls the operation, acknowledges after the commit."""
