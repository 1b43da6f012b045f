"""Where the service is and what it speaks (Open311 service discovery)."""

from __future__ import annotations

from datetime import datetime

from intake_api.domain.city import City
from intake_api.open311.formats import SUFFIXES, Answer, Content

GEOREPORT = "http://wiki.open311.org/GeoReport_v2"
UPDATES = "https://github.com/mysociety/fixmystreet/wiki/Open311-FMS---Proposed-differences-to-Open311"


def discovery(city: City, base_url: str, changed_at: datetime) -> Answer:
    """The description; ``changed_at``: since when this city's data is in force."""
    url = f"{base_url}/open311/v2"
    formats = [*SUFFIXES.values()]

    def endpoint(specification: str) -> Content:
        return {
            "specification": specification,
            "url": url,
            "changeset": changed_at,
            "type": "production",
            "formats": formats,
        }

    return Answer(
        "discovery",
        {
            "changeset": changed_at,
            "contact": f"{city.name} {city.hotline}",
            "key_service": f"密钥（api_key）由受理平台签发，请致电 {city.hotline}。读取不需要密钥。",
            "endpoints": [endpoint(GEOREPORT), endpoint(UPDATES)],
        },
    )
