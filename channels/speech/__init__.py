"""Speech recognition: what residents say, on the telephone or in voice messages, as written words."""
