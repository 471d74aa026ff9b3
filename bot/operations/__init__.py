"""One function a verb, the same for every door: read, ask `analysis`, write state, audit line and outbox as one."""
