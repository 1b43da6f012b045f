"""Our graph components for Rasa, and the small models inside them."""
