"""Every module that has tables, so that the metadata is complete for whoever imports this."""

from __future__ import annotations

from intake_api.storage import public_tables, responsibility_tables, staff_tables, tables

MODULES = (tables, responsibility_tables, staff_tables, public_tables)
"""All of them."""

Base = tables.Base
