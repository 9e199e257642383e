"""History rows of set-based changes: simple-history sees only what goes through the ORM row by row."""

CREATED, CHANGED, DELETED = "+", "~", "-"


def with_history(model, change: str, kind: str) -> str:
    """Return the SQL that makes ``change`` and records each row it touched.

    ``change`` is a statement that returns all columns of ``model``; the parameters must hold ``now``, ``by`` (a user's
    key) and ``reason``.
    """
    record = model.history.model
    columns = ", ".join(f'"{field.column}"' for field in record.tracked_fields)
    return (
        f"WITH changed AS ({change})"  # noqa: S608  put together from constants alone
        f' INSERT INTO "{record._meta.db_table}"'
        f" ({columns}, history_date, history_type, history_user_id, history_change_reason)"
        f" SELECT {columns}, %(now)s, '{kind}', %(by)s, %(reason)s FROM changed"
    )
