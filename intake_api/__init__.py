"""The system of record: cases, places, responsibility, clocks, events, and the outbox back to the channels."""
