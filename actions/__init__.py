"""The clerk's talk: takes a report down, reads it back, freezes it as a draft, files it."""
