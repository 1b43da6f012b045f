"""People at work, at the console and on the telephone: who they are, and the intake asked with their own rights."""
