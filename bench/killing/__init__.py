"""What goes on while the intake is killed (``bench.kill``), and what must be true afterwards."""
