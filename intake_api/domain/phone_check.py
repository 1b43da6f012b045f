"""Who knows a case's number and the last four digits of the phone left with it may hear how it stands.

Four digits are few, so tries are: without a limit ten thousand of them open any case.
"""

from __future__ import annotations

import re
from datetime import timedelta

MOST_WRONG = 5
"""Wrong answers within ``WITHIN`` for one case, and by one asker for all cases; then nobody is answered for a while."""

WITHIN = timedelta(hours=24)

_EXTENSION = re.compile(r"(?<=\d{7})(?:-|转|#|,)\d{1,6}$")
_WHOLE = re.compile(r"[\d+() -]+")
_FEWEST_DIGITS = 7


def knows_phone(phone: str, last_four: str) -> bool:
    """Whether ``last_four`` are the last digits of ``phone`` (without its extension); never for a case without one."""
    number = _EXTENSION.sub("", phone.strip())
    digits = re.sub(r"\D", "", number)
    return bool(_WHOLE.fullmatch(number)) and len(digits) >= _FEWEST_DIGITS and digits.endswith(last_four)
