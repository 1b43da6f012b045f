"""Pages that staff and the public open in a browser: plain files, no build step."""
