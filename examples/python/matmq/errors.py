"""What can go wrong, beside what Pika itself raises."""


class MatmqError(Exception):
    """The base of all errors of this package."""


class ImageError(MatmqError, ValueError):
    """A matrix that a format cannot hold, or a body that is no image, a damaged one, or a larger one than the limits allow."""


class SegmentError(MatmqError):
    """The segments of a message are incomplete, contradict each other, or were damaged."""


class ClosedError(MatmqError):
    """The producer or consumer was closed, or its connection is lost."""


class EndOfTransmission(MatmqError):
    """The sender has said that nothing follows."""
