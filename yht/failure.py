"""How a command ends when it cannot do its work."""


class CommandFailed(Exception):
    """The command cannot be done. The message is one Chinese line that says why and, where known, what to do."""
