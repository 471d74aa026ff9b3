"""What comes after an incident: decisions about drift, bias audits, the version that a root cause was found in."""

import sqlalchemy as sa
from alembic import op

import storage.database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = storage.database.UtcDateTime(timezone=True)
    op.add_column("root_cause", sa.Column("version", sa.String(), nullable=True))
    op.create_table(
        "drift_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("follow_up_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_decision")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_drift_decision_incident_id_incident")),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_up.id"], name=op.f("fk_drift_decision_follow_up_id_follow_up")
        ),
    )
    op.create_index("uq_drift_decision_incident_id_number", "drift_decision", ["incident_id", "number"], unique=True)
    op.create_table(
        "bias_audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bias_audit")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_bias_audit_incident_id_incident")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_bias_audit_run_id_run")),
    )
    op.create_index("uq_bias_audit_incident_id_number", "bias_audit", ["incident_id", "number"], unique=True)
    op.create_index(op.f("ix_bias_audit_run_id"), "bias_audit", ["run_id"])
    op.create_table(
        "due_review",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("held_at", moment, nullable=True),
        sa.Column("held_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_due_review")),
    )
