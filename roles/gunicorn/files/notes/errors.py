"""Expected failures."""


class Unavailable(Exception):
    """The database did not answer, or refused. The statement may have been executed all the same."""


class Conflict(Exception):
    """Another note has that id."""
