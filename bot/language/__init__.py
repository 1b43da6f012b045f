"""Chinese as residents write and dictate it: pure functions, no I/O, the same on both Pythons."""
