"""A sentence model beside the term features: what texts have in common although they share no word. Off by default."""
