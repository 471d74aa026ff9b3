"""The life of an incident: clocks, approvals, shifts, quiet, people, root causes and follow-ups."""

import sqlalchemy as sa
from alembic import op

import storage.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The one clock there was, as a row; how it went stays known.
CARRIED = """
INSERT INTO clock (incident_id, kind, number, started_at, due_at, rested_s, met_at, met_by, breached_at, stopped_at)
SELECT id, 'acknowledge', 1, opened_at, acknowledge_by, 0, acknowledged_at, acknowledged_by,
  CASE WHEN acknowledged_at > acknowledge_by THEN acknowledge_by END,
  CASE WHEN acknowledged_at IS NULL AND state <> 'detected' THEN COALESCE(contained_at, resolved_at, opened_at) END
FROM incident WHERE acknowledge_by IS NOT NULL
"""
PLANNED = """
INSERT INTO timer (key, kind, subject, due_at, status, data)
SELECT 'clock_due:' || id || '-carried', 'clock_due', 'clock:' || id, due_at, 'pending', '{}'
FROM clock WHERE met_at IS NULL AND stopped_at IS NULL
"""


def upgrade() -> None:
    moment = storage.database.UtcDateTime(timezone=True)
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("warned_at", moment, nullable=True),
        sa.Column("paused_at", moment, nullable=True),
        sa.Column("paused_by", sa.String(), nullable=True),
        sa.Column("paused_why", sa.String(), nullable=True),
        sa.Column("rested_s", sa.Integer(), nullable=False),
        sa.Column("met_at", moment, nullable=True),
        sa.Column("met_by", sa.String(), nullable=True),
        sa.Column("breached_at", moment, nullable=True),
        sa.Column("stopped_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_clock_incident_id_incident")),
    )
    op.create_index("uq_clock_incident_id_kind_number", "clock", ["incident_id", "kind", "number"], unique=True)
    op.execute(CARRIED)
    op.execute(PLANNED)
    op.drop_column("incident", "acknowledge_by")
    op.create_table(
        "approval",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("bound_to", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_subject"), "approval", ["subject"])
    op.create_index(op.f("ix_approval_status"), "approval", ["status"])
    op.create_index(
        "uq_approval_one_pending",
        "approval",
        ["verb", "subject"],
        unique=True,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("approval_id", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_vote_approval_id_approval")),
    )
    op.create_index("uq_vote_approval_id_part", "vote", ["approval_id", "part"], unique=True)
    op.create_index("uq_vote_approval_id_by", "vote", ["approval_id", "by"], unique=True)
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.Column("revoked_at", moment, nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_token_prefix")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_token_sha256")),
    )
    op.create_index(op.f("ix_api_token_person"), "api_token", ["person"])
    op.add_column("policy", sa.Column("approval", sa.String(), nullable=True))
    op.create_table(
        "user_group",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("checked_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_group")),
    )
    op.create_index(op.f("ix_user_group_handle"), "user_group", ["handle"])
    op.create_table(
        "override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rota", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("swap", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", moment, nullable=True),
        sa.Column("cancelled_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override")),
    )
    op.create_index(op.f("ix_override_rota"), "override", ["rota"])
    op.create_table(
        "quiet",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=True),
        sa.Column("matcher", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("starts_at", moment, nullable=False),
        sa.Column("ends_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiet")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_quiet_incident_id_incident")),
    )
    op.create_index(op.f("ix_quiet_incident_id"), "quiet", ["incident_id"])
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_assignment_incident_id_incident")),
    )
    op.create_index(op.f("ix_assignment_incident_id"), "assignment", ["incident_id"])
    now = "ended_at IS NULL AND duty <> 'expert'"
    op.create_index(
        "uq_assignment_one_a_duty",
        "assignment",
        ["incident_id", "duty"],
        unique=True,
        sqlite_where=sa.text(now),
        postgresql_where=sa.text(now),
    )
    op.create_table(
        "root_cause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause_type", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("corrective", sa.String(), nullable=False),
        sa.Column("preventive", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_root_cause")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_root_cause_incident_id_incident")),
    )
    op.create_index("uq_root_cause_incident_id_number", "root_cause", ["incident_id", "number"], unique=True)
    op.create_table(
        "follow_up",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("needed", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_follow_up_incident_id_incident")),
    )
    op.create_index(op.f("ix_follow_up_incident_id"), "follow_up", ["incident_id"])
    op.create_index(op.f("ix_follow_up_owner"), "follow_up", ["owner"])
    op.create_table(
        "checklist_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("runbook", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("duty", sa.String(), nullable=True),
        sa.Column("verb", sa.String(), nullable=True),
        sa.Column("begun_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("by_itself", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_step")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_checklist_step_incident_id_incident")),
    )
    op.create_index(op.f("ix_checklist_step_incident_id"), "checklist_step", ["incident_id"])
    op.create_index(
        "uq_checklist_step_incident_id_runbook_key", "checklist_step", ["incident_id", "runbook", "key"], unique=True
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.alter_column("run_id", existing_type=sa.Integer(), nullable=True)
    op.create_table(
        "person_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("revenue", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("quote", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_report")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_person_report_alert_id_alert")),
    )
    op.create_index(op.f("ix_person_report_alert_id"), "person_report", ["alert_id"])
    op.create_table(
        "affected_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("requested_at", moment, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("made_at", moment, nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_affected_list")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_affected_list_incident_id_incident")),
    )
    op.create_index("uq_affected_list_incident_id_number", "affected_list", ["incident_id", "number"], unique=True)
    op.add_column("alert", sa.Column("quiet_id", sa.String(), nullable=True))
    op.add_column("alert", sa.Column("flapping_since", moment, nullable=True))
    with op.batch_alter_table("incident", schema=None) as batch_op:
        for name in ("assessed_at", "confirmed_at", "closed_at"):
            batch_op.add_column(sa.Column(name, moment, nullable=True))
        for name in ("closed_by", "merged_into"):
            batch_op.add_column(sa.Column(name, sa.String(), nullable=True))
        batch_op.add_column(sa.Column("reopened", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("incident_id", sa.String(), nullable=True))
        batch_op.create_index(op.f("ix_run_incident_id"), ["incident_id"])
        batch_op.create_foreign_key(op.f("fk_run_incident_id_incident"), "incident", ["incident_id"], ["id"])
