"""What a model may do, and which version of it serves: restraints, registry, rollouts, reviews, cases and pages."""

import sqlalchemy as sa
from alembic import op

import storage.database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = storage.database.UtcDateTime(timezone=True)
    op.create_table(
        "alias_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("alias", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rollout_id", sa.String(), nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_alias_change_model_id_model")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alias_change")),
    )
    op.create_index("uq_alias_change_sequence", "alias_change", ["model_id", "alias", "sequence"], unique=True)
    op.create_table(
        "review_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("proposal", sa.String(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("opened_by", sa.String(), nullable=True),
        sa.Column("opened_at", moment, nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("is_otherwise", sa.Boolean(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_review_item_model_id_model")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
    )
    op.create_index("ix_review_item_model_id_decided_at", "review_item", ["model_id", "decided_at"], unique=False)
    op.create_index("uq_review_item", "review_item", ["model_id", "request"], unique=True)
    op.create_table(
        "page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("pager", sa.String(), nullable=False),
        sa.Column("dedup_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("acknowledged_at", moment, nullable=True),
        sa.Column("resolved_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_page_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
    )
    op.create_index("uq_page", "page", ["incident_id", "pager"], unique=True)
    op.create_table(
        "tracker_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("tracker", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("left", sa.JSON(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_tracker_case_incident_id_incident")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracker_case")),
    )
    op.create_index("uq_tracker_case", "tracker_case", ["incident_id", "tracker"], unique=True)
    op.create_table(
        "model_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("artefact", sa.String(), nullable=True),
        sa.Column("artefact_sha256", sa.String(), nullable=True),
        sa.Column("training_data", sa.String(), nullable=True),
        sa.Column("training_data_sha256", sa.String(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("retrain_id", sa.String(), nullable=True),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.Column("registered_at", moment, nullable=False),
        sa.Column("blocked_by", sa.String(), nullable=True),
        sa.Column("blocked_why", sa.String(), nullable=True),
        sa.Column("verified_at", moment, nullable=True),
        sa.Column("unread", sa.String(), nullable=True),
        sa.Column("mismatch", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_version_model_id_model")),
        sa.ForeignKeyConstraint(["retrain_id"], ["retrain.id"], name=op.f("fk_model_version_retrain_id_retrain")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_version")),
    )
    op.create_index("uq_model_version", "model_version", ["model_id", "version"], unique=True)
    op.create_table(
        "rollout",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("retrain_id", sa.String(), nullable=True),
        sa.Column("from_version", sa.String(), nullable=True),
        sa.Column("to_version", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("requested_at", moment, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("watched_until", moment, nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_rollout_incident_id_incident")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_rollout_model_id_model")),
        sa.ForeignKeyConstraint(["retrain_id"], ["retrain.id"], name=op.f("fk_rollout_retrain_id_retrain")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollout")),
    )
    op.create_index(op.f("ix_rollout_incident_id"), "rollout", ["incident_id"], unique=False)
    op.create_index("ix_rollout_model_id", "rollout", ["model_id"], unique=False)
    op.create_index(
        "uq_rollout_under_way",
        "rollout",
        ["model_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('queued', 'running', 'undoing')"),
        postgresql_where=sa.text("status IN ('queued', 'running', 'undoing')"),
    )
    op.add_column("oversight_change", sa.Column("segment", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("oversight_change", sa.Column("terms", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("oversight_change", sa.Column("until", moment, nullable=True))
    op.add_column("retrain", sa.Column("pipeline", sa.String(), nullable=False, server_default="command"))
    op.add_column("retrain", sa.Column("remote", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("retrain", sa.Column("progress", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("retrain", sa.Column("candidate", sa.String(), nullable=True))
    op.add_column("retrain", sa.Column("validation", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("retrain", sa.Column("cancelled_by", sa.String(), nullable=True))
