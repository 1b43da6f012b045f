"""Pure rules of the field: nothing here does I/O but reading the data files it is given."""
