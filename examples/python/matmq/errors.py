"""What can go wrong, beside what Pika itself raises."""


class MatmqError(Exception):
    """The base of all errors of this package."""


class ClosedError(MatmqError):
    """The producer or consumer was closed, or its connection is lost."""


class EndOfTransmission(MatmqError):
    """The sender has said that nothing follows."""
