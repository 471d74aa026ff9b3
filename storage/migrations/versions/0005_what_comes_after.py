"""What comes after an incident: decisions about drift, the version that a root cause was found in."""

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
