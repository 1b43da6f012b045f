"""Why the intake did not take something, in words that a resident can act on."""

from __future__ import annotations

from actions.intake import IntakeRefused

# members of a report, the longer pointers first
_FIELDS = (
    ("/reporter/phone", "电话", "the phone number"),
    ("/reporter", "联系方式", "your contact details"),
    ("/location", "地点", "the place"),
    ("/description", "内容", "the description"),
    ("/attachments", "照片或附件", "a photo or attachment"),
    ("/category", "类别", "the type"),
)
_ENGLISH = {
    "urged_lately": "It was urged not long ago; please wait a while before urging it again.",
    "not_in_this_state": "That cannot be done as the case stands now.",
    "rated": "You have rated this case already.",
    "too_many_tries": "Too many tries. Please try again tomorrow, or call the hotline.",
    "case_number_misread": "That case number is not right; a digit may be wrong or swapped.",
    "case_not_found": "There is no case of that number.",
    "unknown_attachment": "A photo or attachment is missing; please send it again.",
    "too_many_requests": "That was asked too often; please try again later.",
    "forbidden": "That cannot be done from here; please talk to a person.",
}
_NOT_NOW = ("现在办不了，请稍后再试。", "That cannot be done now. Please try again later.")


def in_words(refused: IntakeRefused, *, english: bool) -> str:
    """The refusal as a sentence; the intake itself speaks Chinese only."""
    if english:
        return _ENGLISH.get(refused.code, _NOT_NOW[1])
    return refused.detail or _NOT_NOW[0]


def what_is_wrong(refused: IntakeRefused, *, english: bool) -> str:
    """What of a report was not accepted, as part of a sentence: without a full stop."""
    errors = [error for error in refused.problem.get("errors") or [] if isinstance(error, dict)]
    told: dict[str, str] = {}
    for error in errors:
        pointer = str(error.get("pointer") or "")
        for prefix, chinese, name in _FIELDS:
            if pointer.startswith(prefix):
                told.setdefault(name if english else chinese, str(error.get("detail") or "").rstrip("。"))
                break
    if english:
        if told:
            return " and ".join(told) + (" was" if len(told) == 1 else " were") + " not accepted"
        return _ENGLISH.get(refused.code, "the system did not accept it").rstrip(".")
    if told:
        return "；".join(f"{name}：{detail}".rstrip("：") for name, detail in told.items())
    return (refused.detail or "系统没有接受").rstrip("。")
