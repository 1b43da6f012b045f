"""The telephone: calls are recorded, written down while they are spoken, understood, and filed by an operator."""
