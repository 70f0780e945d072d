"""Refusals: one sentence in Vietnamese that travels unchanged from the rule to the screen."""


class Refused(Exception):
    """The act is not allowed or not possible now; `str(error)` tells the user what to do."""


class Stale(Refused):
    """Somebody else changed the thing meanwhile; nothing was written."""


class TooMany(Refused):
    """The person has done this too often in a short time; the answer is 429."""
