"""Benchmarks: ``make bench``. What is measured and what came out stands in docs/measurements.md."""
