"""Credentials, refresh tokens, signing keys and failed attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """All tables."""
    op.create_table(
        "credentials",
        sa.Column("user_id", sa.String(63), primary_key=True),
        sa.Column("hash", sa.String(255), nullable=False),
        sa.Column("touched", sa.Float, nullable=False),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("family", sa.String(64), nullable=False, index=True),
        sa.Column("user_id", sa.String(63), nullable=False, index=True),
        sa.Column("expires", sa.Float, nullable=False, index=True),
        sa.Column("used", sa.Float, nullable=True),
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(64), primary_key=True),
        sa.Column("pem", sa.Text, nullable=False),
        sa.Column("signs_from", sa.Float, nullable=False),
    )
    op.create_table(
        "attempts",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last", sa.Float, nullable=False, index=True),
    )


def downgrade() -> None:
    """Undo it."""
    for table in ("attempts", "signing_keys", "refresh_tokens", "credentials"):
        op.drop_table(table)
