"""What can go wrong for reasons that the caller can mend."""


class TrainingError(Exception):
    """A step cannot be done; the message says what, where, and what to do."""
