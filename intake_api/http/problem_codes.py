"""Which problems an operation answers: its own, and those that follow from what it takes and who may call it."""

from __future__ import annotations

from collections.abc import Mapping

from intake_api.domain.staff import ANY_DUTY
from intake_api.http.routing import Operation

_READS = frozenset({"GET", "HEAD"})


def problem_codes(operation: Operation) -> Mapping[int, tuple[str, ...]]:
    """The stable codes of all problems that the operation answers, by status."""
    found: dict[int, list[str]] = {}
    for status, codes in operation.problems.items():
        found.setdefault(status, []).extend(code.strip() for code in codes.split(","))
    for status, code in _shared(operation):
        found.setdefault(status, []).append(code)
    return {status: tuple(dict.fromkeys(codes)) for status, codes in sorted(found.items())}


def _shared(operation: Operation) -> list[tuple[int, str]]:
    codes = [(503, "storage_unavailable"), (503, "city_not_loaded")]
    if operation.needs is not None:
        codes.append((401, "unauthenticated"))
        codes += [(403, "forbidden")] if operation.needs else []
        codes += [] if operation.method in _READS else [(403, "csrf")]
        codes += [] if operation.despite >= ANY_DUTY else [(403, "duty_first")]
        if "{case_no}" in operation.path:
            codes += [(403, "not_your_department"), (403, "not_to_inspect")]
            codes += [(404, "case_not_found"), (404, "case_number_misread")]
    if operation.method not in _READS:
        codes.append((409, "conflict"))
    if operation.body is not None:
        codes += [(400, "bad_json"), (413, "too_large"), (422, "invalid")]
    if operation.query is not None:
        codes.append((422, "invalid"))
    return codes
