"""What may go wrong with a note, and is expected."""


class Unavailable(Exception):
    """The database did not answer, or refused. What was asked may have been done all the same."""


class Conflict(Exception):
    """Another note has that id."""
