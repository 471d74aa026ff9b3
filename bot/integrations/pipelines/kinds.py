"""The kinds of pipelines; a new one is a file and a row."""

from bot.integrations.pipelines.command import Command
from bot.integrations.pipelines.github import Workflow
from bot.integrations.pipelines.port import Pipeline
from bot.integrations.pipelines.webhook import Webhook

KINDS: dict[str, Pipeline] = {"command": Command(), "github": Workflow(), "webhook": Webhook()}
