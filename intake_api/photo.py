"""Photos made safe: turned upright, at most 2048 pixels, JPEG, without EXIF; the position in it is taken first."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageOps

LARGEST_SIDE = 2048
_MOST_PIXELS = 60_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_GPS = 0x8825


class NotAPhoto(Exception):
    """The bytes are no JPEG, PNG or WebP that can be read."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is kept. ``position`` is latitude and longitude in WGS84 degrees as the camera wrote them."""

    content: bytes
    position: tuple[float, float] | None
    media_type: str = "image/jpeg"


def read_photo(content: bytes) -> Photo:
    """Make a photo safe to keep and show; takes a moment, so not on the event loop. Raises NotAPhoto."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise NotAPhoto("too many pixels")
            position = _position(image)
            image.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))  # lets the JPEG decoder shrink on the way
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
            if upright.mode in ("RGBA", "LA", "P", "PA"):
                layered = upright.convert("RGBA")
                plain = Image.new("RGB", layered.size, "white")
                plain.paste(layered, mask=layered.getchannel("A"))
            else:
                plain = upright.convert("RGB")
            out = io.BytesIO()
            plain.save(out, "JPEG", quality=85, optimize=True)
            return Photo(out.getvalue(), position)
    except NotAPhoto:
        raise
    except Exception as error:  # Pillow raises many kinds for broken files
        raise NotAPhoto(type(error).__name__) from error


def _position(image: Image.Image) -> tuple[float, float] | None:
    try:
        gps: dict[int, Any] = image.getexif().get_ifd(_GPS)
        lat = _degrees(gps[2]) * (-1 if gps.get(1) == "S" else 1)
        lng = _degrees(gps[4]) * (-1 if gps.get(3) == "W" else 1)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    # cameras without a fix write zeros
    return (round(lat, 6), round(lng, 6)) if -90 <= lat <= 90 and -180 <= lng <= 180 and (lat or lng) else None


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600
