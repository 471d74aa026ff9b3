"""Where things are: the environment, read once. What the team decided is policy, not here."""

import os
import re
from base64 import b64encode
from pathlib import Path
from typing import Self

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from analysis.errors import BadInput

SECRETS = "ETHIXBOT_SECRET_"  # begins every variable that the policy may name


class Settings(BaseSettings):
    """Addresses, tokens and folders. Names of variables stand beside each field in README."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_prefix="ETHIXBOT_", populate_by_name=True)

    slack_bot_token: SecretStr | None = Field(None, validation_alias=AliasChoices("SLACK_BOT_TOKEN", "slack_bot_token"))
    slack_app_token: SecretStr | None = Field(None, validation_alias=AliasChoices("SLACK_APP_TOKEN", "slack_app_token"))
    slack_signing_secret: SecretStr | None = Field(
        None, validation_alias=AliasChoices("SLACK_SIGNING_SECRET", "slack_signing_secret")
    )
    slack_api_url: str = Field(
        "https://slack.com/api/", validation_alias=AliasChoices("SLACK_API_URL", "slack_api_url")
    )
    database_url: str = Field(
        "sqlite:///ethixbot.db", validation_alias=AliasChoices("DATABASE_URL", "database_url"), repr=False
    )
    policy: Path | None = None  # ETHIXBOT_POLICY; none: the default that ships
    data: Path = Path("ethixbot-data")  # ETHIXBOT_DATA: evidence, keys, logs of pipelines
    pg_bin: Path | None = None  # ETHIXBOT_PG_BIN: folder of pg_dump and pg_restore; none: PATH
    host: str = "127.0.0.1"  # ETHIXBOT_HOST, ETHIXBOT_PORT: the HTTP door
    port: int = Field(8420, ge=0, le=65535)
    gate_token: SecretStr | None = Field(None, repr=False)  # ETHIXBOT_GATE_TOKEN; none: anybody may ask
    webhook_secret: SecretStr | None = Field(None, repr=False)  # ETHIXBOT_WEBHOOK_SECRET: signs both ways
    github_token: SecretStr | None = Field(None, repr=False)  # ETHIXBOT_GITHUB_TOKEN: issues and workflows
    mlflow_token: SecretStr | None = Field(None, repr=False)  # ETHIXBOT_MLFLOW_TOKEN; or a user and a password
    mlflow_user: str | None = None  # ETHIXBOT_MLFLOW_USER
    mlflow_password: SecretStr | None = Field(None, repr=False)  # ETHIXBOT_MLFLOW_PASSWORD
    smtp_url: SecretStr | None = Field(None, repr=False)  # ETHIXBOT_SMTP_URL, smtp://user:password@host:587
    mail_from: str = "ethixbot@localhost"  # ETHIXBOT_MAIL_FROM
    slack_timeout: int = Field(30, ge=1)  # seconds that a call to Slack may take; shorter than the lease
    post_interval: float = Field(1.0, ge=0)  # seconds between two posts in a channel (Slack's own limit)
    look_after: float = Field(15.0, ge=0)  # seconds before an uncertain post is looked for
    lease: float = Field(90.0, gt=0)  # seconds after which a sender that is not heard of has lost its claim

    @property
    def uses_socket(self) -> bool:
        """Return whether Slack is reached by Socket Mode; else it delivers to our HTTP door."""
        return self.slack_app_token is not None

    @property
    def mlflow_login(self) -> SecretStr | None:
        """Return what MLflow is told who we are, as its header bears it; None where it asks nobody."""
        if self.mlflow_token is not None:
            return SecretStr(f"Bearer {self.mlflow_token.get_secret_value()}")
        if self.mlflow_user is None or self.mlflow_password is None:
            return None
        pair = f"{self.mlflow_user}:{self.mlflow_password.get_secret_value()}"
        return SecretStr(f"Basic {b64encode(pair.encode()).decode()}")

    def lacking(self) -> list[str]:
        """Return a line for each variable without which the bot cannot reach Slack."""
        lines = []
        if self.slack_bot_token is None:
            lines.append("SLACK_BOT_TOKEN (xoxb-…, from the app's page “Install App”)")
        if self.slack_app_token is None and self.slack_signing_secret is None:
            lines.append(
                "SLACK_APP_TOKEN (xapp-…, for Socket Mode) or SLACK_SIGNING_SECRET (for HTTP delivery),"
                " from the app's page “Basic Information”"
            )
        return lines

    def secrets(self) -> list[str]:
        """Return every secret of the environment, so that no log shows one."""
        kept = [self.slack_bot_token, self.slack_app_token, self.slack_signing_secret]
        kept += [self.gate_token, self.webhook_secret, self.github_token, self.mlflow_token, self.mlflow_password]
        known = [part.strip() for one in kept if one is not None for part in one.get_secret_value().split(",")]
        addresses = [self.database_url, self.smtp_url.get_secret_value() if self.smtp_url else ""]
        known += [one for name, value in os.environ.items() if name.startswith(SECRETS) for one in value.split()]
        return [*known, *(one for address in addresses for one in re.findall(r"://[^/@]*?:([^/\s]+)@", address))]

    @field_validator("slack_signing_secret")
    @classmethod
    def signing_secret_is_one(cls, value: SecretStr | None) -> SecretStr | None:
        """Return the secret, or several separated by commas; raise ValueError for an empty one: anybody knows it."""
        if value is not None and not all(one.strip() for one in value.get_secret_value().split(",")):
            raise ValueError("SLACK_SIGNING_SECRET must hold one secret, or several separated by commas, none empty")
        return value

    @model_validator(mode="after")
    def mlflow_knows_who(self) -> Self:
        """Return the settings; raise ValueError for a user without a password, and for both kinds of a login."""
        if (self.mlflow_user is None) is not (self.mlflow_password is None):
            raise ValueError("ETHIXBOT_MLFLOW_USER and ETHIXBOT_MLFLOW_PASSWORD go together")
        if self.mlflow_user is not None and self.mlflow_token is not None:
            raise ValueError("give ETHIXBOT_MLFLOW_TOKEN, or ETHIXBOT_MLFLOW_USER and its password, not both")
        return self

    @model_validator(mode="after")
    def tokens_look_right(self) -> Self:
        """Return the settings; raise ValueError where a token stands in the other's place."""
        for name, token, start in (
            ("SLACK_BOT_TOKEN", self.slack_bot_token, "xoxb-"),
            ("SLACK_APP_TOKEN", self.slack_app_token, "xapp-"),
        ):
            if token is not None and not token.get_secret_value().startswith(start):
                raise ValueError(f"{name} must start with {start}")
        return self


def secret(variable: str) -> str | None:
    """Return the secret of a variable that the policy names, all of which begin alike; None where it is not set."""
    return os.environ.get(variable) or None if variable.startswith(SECRETS) else None


def load() -> Settings:
    """Return the settings of this environment; raise BadInput with one line for each mistake."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])} {e['msg']}".strip() for e in error.errors()]
        raise BadInput("environment", "; ".join(lines) + ".") from None
