"""The operators' console: its service. The page lies with the intake's pages, for it is made of the desk's modules."""
