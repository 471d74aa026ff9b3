"""Where versions of models are kept, and which of them serves: our own tables, or a registry that the team has."""
