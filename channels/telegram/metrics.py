"""Figures of the Telegram channel for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

UPDATES = Counter("yht_telegram_updates_total", "Updates of the bot, repetitions left out, by their kind.", ["kind"])
REFUSED = Counter("yht_telegram_refused_total", "Calls of the webhook that were refused, by reason.", ["reason"])
CALLS = Counter("yht_telegram_calls_total", "Calls of the Bot API, by what became of them.", ["call", "result"])
LETTERS = Counter("yht_telegram_letters_total", "Messages to users, by what became of them.", ["result"])
POLLING = Gauge("yht_telegram_polling", "1 in the process that fetches the bot's updates, 0 in the others.")
