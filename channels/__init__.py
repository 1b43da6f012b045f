"""The ways in: the front (one address for everything), the gateway that all channels share, and the channels."""
