"""A Telegram bot as a channel."""
