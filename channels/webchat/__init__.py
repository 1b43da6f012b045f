"""The web channel: its HTTP interface and the resident page ``/chat``."""
