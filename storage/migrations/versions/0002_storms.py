"""Why a message is sent or withheld, when it was last tried, and storms."""

import sqlalchemy as sa
from alembic import op

import storage.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(), nullable=False, server_default="asked"))
        batch_op.add_column(sa.Column("tried_at", storage.database.UtcDateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_outbox_channel_tried_at", ["channel", "tried_at"], unique=False)
        batch_op.drop_index("ix_outbox_status_next_at")  # it kept the next one from being used
        batch_op.create_index("ix_outbox_subject", ["subject"], unique=False)
        batch_op.create_index(
            "ix_outbox_waiting",
            ["priority", "id"],
            unique=False,
            sqlite_where=sa.text("status IN ('pending', 'sending')"),
            postgresql_where=sa.text("status IN ('pending', 'sending')"),
        )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(sa.Column("storm_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_incident_storm_id"), ["storm_id"], unique=False)
    op.create_table(
        "storm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("began_at", storage.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", storage.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", storage.database.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storm")),
    )
    with op.batch_alter_table("storm", schema=None) as batch_op:
        batch_op.create_index(
            "uq_storm_one_open",
            ["channel"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
