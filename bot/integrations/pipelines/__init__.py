"""Where a model is trained: a command of this machine, a workflow of GitHub, or a system of one's own by webhook."""
