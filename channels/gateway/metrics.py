"""Figures of the gateway for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("yht_messages_total", "Messages of residents, repetitions left out.", ["channel", "kind"])
ANSWER_SECONDS = Histogram(
    "yht_answer_seconds",
    "Time from a message's arrival to its stored answer, waiting for earlier ones included.",
    ["channel"],
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 25, 60, 300),
)
OVERHEAD_SECONDS = Histogram(
    "yht_gateway_overhead_seconds",
    "The gateway's own part of answering a message: storing, ordering, storing the answer; not the assistant's.",
    buckets=(0.002, 0.005, 0.008, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1),
)
RETRIES = Counter("yht_assistant_retries_total", "Times the assistant was asked again, by what went wrong.", ["reason"])
BUSY_REPLIES = Counter("yht_busy_replies_total", "Messages told that their answer comes later.", ["channel"])
RECOVERED = Counter("yht_messages_recovered_total", "Messages answered later than their request could wait.")
GIVEN_UP_TOTAL = Counter("yht_messages_given_up_total", "Messages that the assistant failed on each time.")
DELIVERIES = Counter("yht_deliveries_total", "Words of the intake brought to residents.", ["channel", "kind", "result"])
VOICE = Counter("yht_voice_messages_total", "Voice messages by what came of listening to them.", ["outcome"])
SLOWED = Counter(
    "yht_messages_slowed_total",
    "Messages of floods: those that waited, and those told to come back.",
    ["channel", "how"],
)
LAST_SECONDS = Gauge(
    "yht_channel_last_seconds", "Unix time of a channel's last message, over all processes.", ["channel", "direction"]
)
BACKLOG = Gauge("yht_channel_backlog", "What waits in a channel, over all processes, by for what.", ["channel", "what"])
ERRORS_TODAY = Gauge(
    "yht_channel_errors_today", "Errors of a channel on this day (UTC), over all processes.", ["channel"]
)
