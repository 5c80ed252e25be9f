"""The orders and their lines."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Orders and lines."""
    op.create_table(
        "orders",
        sa.Column("id", sa.String(63), primary_key=True),
        sa.Column("user_id", sa.String(63), nullable=False, index=True),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("delivery_address", sa.String(500), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.String(63), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("product_id", sa.String(63), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("nanos", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("order_lines")
    op.drop_table("orders")
