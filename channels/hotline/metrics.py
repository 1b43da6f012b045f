"""Figures of the telephone for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

LINES = Gauge("yht_hotline_lines", "Legs of calls that are connected to this process.")
LAG_SECONDS = Gauge(
    "yht_hotline_lag_seconds", "Sound recorded and not written down yet, of the leg that is furthest behind."
)
BEHIND_SECONDS = Gauge("yht_hotline_behind_seconds", "The same of all legs together.")
CONNECTIONS = Counter("yht_hotline_connections_total", "Connections that brought sound, by how they ended.", ["end"])
SOUND_SECONDS = Counter("yht_hotline_sound_seconds_total", "Sound recorded.")
UTTERANCES = Counter("yht_hotline_utterances_total", "Utterances written down.", ["side"])
FINAL_SECONDS = Histogram(
    "yht_hotline_final_seconds",
    "Time from the end of an utterance (its pause included) to its stored words.",
    buckets=(0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 30, 120, 600),
)
RECOGNISER_FAILURES = Counter(
    "yht_hotline_recogniser_failures_total", "Times the recogniser did not answer.", ["reason"]
)
UNDERSTANDING_SECONDS = Histogram(
    "yht_hotline_understanding_seconds",
    "Time of understanding a call once more.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
)
FILED = Counter("yht_hotline_cases_total", "Cases filed from calls.")
PURGED = Counter("yht_hotline_purged_total", "Recordings deleted because their time was over.")
DEEDS = Counter("yht_hotline_deeds_total", "What operators did with calls, told to the audit trail or not.", ["end"])
UNTOLD_DEEDS = Gauge("yht_hotline_untold_deeds", "What operators did with calls and the audit trail does not say yet.")
