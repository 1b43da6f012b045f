"""Words of English that say that life is in danger now; what is Chinese is judged by ``bot.language.danger``."""

from __future__ import annotations

import re

from bot.language.danger import danger_now

_CHINESE = re.compile(r"[\u3400-\u9fff]")

_DANGERS = {
    "fire": (
        r"(?:on|caught|catching) fire|fire (?:in|at|on) |(?:is|are|'s) (?:a )?(?:big |huge |"
        r"small )?fire\b|^\W*fire\b|fire ?!|"
        r"(?:is|are|'s|house|building|flat|kitchen|car|bike) burning|flames?\b|explo(?:sion|ded)|(?:black|"
        r"thick|heavy) smoke|"
        r"smoke (?:is )?(?:coming|pouring|everywhere)|full of smoke"
    ),
    "gas": (
        r"gas (?:is )?leak|leaking gas|gas (?:pipe|main) (?:is )?(?:broken|burst|cut)|smell(?:s|"
        r"ing)? (?:\w+ )?(?:of |like )?gas\b|"
        r"gas smell|smell of gas|carbon monoxide"
    ),
    "collapse": (
        r"(?:wall|building|house|bridge|roof|road|ceiling|scaffold\w*|crane) (?:has |just |"
        r"is )*(?:collaps|falling down|fell down|"
        r"fallen down|caved in)|buried (?:under|alive|in)|landslide|mudslide"
    ),
    "crime": (
        r"(?:with|has|holding|waving) (?:a |an )?(?:knife|gun|axe|machete)|stabb(?:ed|ing)|"
        r"being (?:attacked|robbed|beaten|followed)|"
        r"(?:is|are) (?:attacking|beating|robbing|strangling)|kidnap|gunshots?|going to kill|raped?\b"
    ),
    "injury": (
        r"drown(?:ing|ed)?\b|(?:fell|fallen|falling|falls) (?:in|into|off|from|down) |trapped|"
        r"stuck in (?:the |a |an )?(?:lift|elevator)|"
        r"unconscious|not breathing|can'?t breathe|bleeding|electrocuted|electric shock|live wire|"
        r"heart attack|having a stroke|"
        r"seizure|is dying|(?:been |got |was |were |is |are )(?:hit by|run over|badly hurt|injured)|"
        r"someone (?:is )?(?:hurt|injured)|"
        r"about to jump|going to jump|wants to jump|kill (?:my|him|her)self|suicide|ambulance|save (?:me|"
        r"us|him|her|them)\b|"
        r"^\W*help\b\W*(?:me|us)?\W*$|help ?!|help (?:me|us) ?!|\bsos\b|"
        r"(?:someone|somebody|please|quick(?:ly)?),? help(?: (?:me|us))?\W*$"
    ),
}
"""By whom to call, as ``bot.language.danger`` has them."""
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _DANGERS.items()}

_NOT_NOW = re.compile(
    r"\b(?:last (?:year|month|week|night|time)|yesterday|(?:days?|weeks?|months?|years?) ago|used to|"
    r"every (?:day|night|time)|"
    r"always|(?:fire|safety) drills?|might|may|could|would|what if|in case|if (?:there|someone|somebody|a|"
    r"the)|afraid|worried|"
    r"prevent\w*|insurance|how (?:do|can|to|much)|who (?:should|do|can)|should (?:i|we)|nobody (?:was|is)|"
    r"no one (?:was|is)|"
    r"not (?:on fire|hurt|injured)|no (?:fire|flames|gas smell|smell of gas|injur\w+)|false alarm|"
    r"dangerous for)\b",
    re.IGNORECASE,
)
_NOW = re.compile(r"\b(?:right now|now|quick(?:ly)?|hurry|immediately|help ?!|please help|save)\b", re.IGNORECASE)
# of a fall that hurts nobody
_THINGS_FALL = re.compile(
    r"\b(?:trees?|branch(?:es)?|leaves|tiles?|signs?|signboards?|cables?|wires?|bikes?|bicycles?|lamps?|"
    r"cover|lid|rubbish|"
    r"trash|it|keys?|phone) (?:\w+ )?(?:fell|fallen|falling|falls) ",
    re.IGNORECASE,
)


def danger_in(text: str) -> str | None:
    """The kind of danger that words of either language say is there now. None if none is."""
    return danger_now(text) if _CHINESE.search(text) else _danger_in_english(text)


def _danger_in_english(text: str) -> str | None:
    plain = _THINGS_FALL.sub(" ", text.replace("’", "'"))
    if _NOT_NOW.search(plain) and not _NOW.search(plain):
        return None
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.search(plain)), None)
