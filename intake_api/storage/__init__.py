"""What is kept, in SQLite or PostgreSQL: one module per noun, driver errors translated into types of ours."""
