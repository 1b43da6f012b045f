"""The same assistant on Rasa's stock pipeline, to compare ours with."""
