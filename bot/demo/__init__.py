"""Everything at once on one machine: a local workspace, the bot, and the log of a real model as the weeks go by."""
