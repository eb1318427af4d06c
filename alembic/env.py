"""How Alembic reaches the database: through the program's own engine, or as SQL on paper.

``dashboard.models.migrations`` hands over a connection; ``alembic -c development.ini`` gives none,
and then the ini file's ``sqlalchemy.url`` is used.
"""

from alembic import context

from dashboard.models import Base
from dashboard.models.engine import make_engine
from dashboard.models.migrations import VERSION_TABLE

OWN = "dashboard_"


def only_own_tables(name, kind, parent_names):
    """Leave the tables of the user's models alone: they have migrations of their own."""
    return kind != "table" or name.startswith(OWN)


def configure(**where):
    context.configure(
        target_metadata=Base.metadata,
        version_table=VERSION_TABLE,
        include_name=only_own_tables,
        # SQLite can't alter a table in place; and its DDL is transactional with our engine.
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
        **where,
    )
    with context.begin_transaction():
        context.run_migrations()


def url():
    options = context.get_x_argument(as_dictionary=True)
    section = context.config.get_section("app:main") or {}
    return options.get("url") or context.config.get_main_option(
        "sqlalchemy.url", section.get("sqlalchemy.url")
    )


if context.is_offline_mode():
    configure(url=url(), literal_binds=True, dialect_opts={"paramstyle": "named"})
elif connection := context.config.attributes.get("connection"):
    configure(connection=connection)
else:
    with make_engine(url()).begin() as connection:
        configure(connection=connection)
