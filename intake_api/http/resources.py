"""What the views work with: typed keys of the application, filled by the composition root."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from groundwork.keys import KeyRing
from groundwork.settings import Settings
from intake_api.acting import Acting
from intake_api.city_in_force import CityInForce
from intake_api.correcting import Correcting
from intake_api.domain.taxonomy import Taxonomy
from intake_api.filing import Filing, Understanding
from intake_api.knowledge import KnowledgeSearch
from intake_api.places import PlaceResolver
from intake_api.storage.attachments import AttachmentFiles
from intake_api.storage.database import Database
from intake_api.words import Words

SETTINGS = web.AppKey("settings", Settings)
DATABASE = web.AppKey("database", Database)
TAXONOMY = web.AppKey("taxonomy", Taxonomy)
CITY = web.AppKey("city", CityInForce)
PLACES: web.AppKey[PlaceResolver] = web.AppKey("places", PlaceResolver)
ASSISTANT: web.AppKey[Understanding] = web.AppKey("assistant", Understanding)
FILING = web.AppKey("filing", Filing)
ACTING = web.AppKey("acting", Acting)
CORRECTING = web.AppKey("correcting", Correcting)
MODELS = web.AppKey("models", Path)
FILES = web.AppKey("attachment_files", AttachmentFiles)
NOW: web.AppKey[Callable[[], datetime]] = web.AppKey("now")
WORDS = web.AppKey("words", Words)
SECOND_FACTOR_KEYS = web.AppKey("second_factor_keys", KeyRing)
KNOWLEDGE = web.AppKey("knowledge", KnowledgeSearch)
