"""Every module that has tables, so that the metadata is complete for whoever imports this."""

from __future__ import annotations

from intake_api.storage import (
    feed_tables,
    knowledge_tables,
    personal_tables,
    phone_check_tables,
    public_tables,
    queue_tables,
    responsibility_tables,
    staff_tables,
    tables,
    webhook_tables,
)

MODULES = (
    tables,
    responsibility_tables,
    staff_tables,
    public_tables,
    feed_tables,
    knowledge_tables,
    webhook_tables,
    personal_tables,
    queue_tables,
    phone_check_tables,
)
"""All of them."""

Base = tables.Base
