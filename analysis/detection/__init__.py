"""From two profiles to alerts: which findings there are, which of them raise, and which share a cause."""
