"""The assistant: what a resident means, and what to answer."""
