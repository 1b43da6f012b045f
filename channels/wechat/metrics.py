"""Figures of the WeChat channel for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter

REFUSED = Counter("yht_wechat_refused_total", "Callbacks that were refused, by reason.", ["reason"])
REPLIES = Counter(
    "yht_wechat_replies_total", "Callbacks answered, by how: in the reply itself, or by a message afterwards.", ["how"]
)
CALLS = Counter("yht_wechat_calls_total", "Calls of WeChat's interface, by its errcode.", ["call", "result"])
TOKENS = Counter("yht_wechat_tokens_total", "Access tokens fetched.")
LETTERS = Counter("yht_wechat_letters_total", "Messages of our own to followers, by what became of them.", ["result"])
