"""Products, what is set aside of them, and a first shelf to sell from."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SHELF = (
    ("coffee-mug", "Coffee mug", "EUR", 9, 500_000_000, 120),
    ("notebook", "Notebook, dotted", "EUR", 4, 250_000_000, 300),
    ("teapot", "Teapot, short and stout", "EUR", 24, 0, 10),
    ("umbrella", "Umbrella", "EUR", 19, 990_000_000, 40),
)


def upgrade() -> None:
    """Tables, and the first shelf."""
    products = op.create_table(
        "products",
        sa.Column("id", sa.String(63), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("nanos", sa.Integer, nullable=False),
        sa.Column("stock", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("stock >= 0", name="stock_not_negative"),
    )
    op.create_table(
        "reservations",
        sa.Column("order_id", sa.String(63), primary_key=True),
        sa.Column("product_id", sa.String(63), primary_key=True),
        sa.Column("quantity", sa.Integer, nullable=False),
    )
    op.create_table("released", sa.Column("order_id", sa.String(63), primary_key=True))
    names = ("id", "title", "currency", "units", "nanos", "stock")
    op.bulk_insert(products, [{**dict(zip(names, row, strict=True)), "version": 1} for row in SHELF])


def downgrade() -> None:
    """Undo it."""
    for table in ("released", "reservations", "products"):
        op.drop_table(table)
