"""What kafka-python raises, told in the words of `protomesh.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors as kafka

from protomesh.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    MeshError,
    NotFound,
    PermissionDenied,
    Unavailable,
)

_TABLE: tuple[tuple[tuple[type[Exception], ...], type[MeshError]], ...] = (
    ((kafka.UnknownTopicOrPartitionError, kafka.GroupIdNotFoundError, kafka.UnknownTopicIdError), NotFound),
    ((kafka.TopicAlreadyExistsError,), AlreadyExists),
    (
        (
            kafka.MessageSizeTooLargeError,
            kafka.RecordListTooLargeError,
            kafka.InvalidTopicError,
            kafka.InvalidRecordError,
            kafka.InvalidPartitionsError,
            kafka.InvalidReplicationFactorError,
            kafka.InvalidConfigurationError,
            kafka.InvalidTimestampError,
            kafka.InvalidGroupIdError,
        ),
        InvalidArgument,
    ),
    (
        (
            kafka.CommitFailedError,
            kafka.IllegalGenerationError,
            kafka.UnknownMemberIdError,
            kafka.RebalanceInProgressError,
            kafka.FencedInstanceIdError,
            kafka.ProducerFencedError,
            kafka.InvalidProducerEpochError,
            kafka.OutOfOrderSequenceNumberError,
            kafka.UnknownProducerIdError,
        ),
        Aborted,
    ),
    ((kafka.AuthorizationError, kafka.SaslAuthenticationFailedError), PermissionDenied),
    ((kafka.NonEmptyGroupError, kafka.IllegalStateError), FailedPrecondition),
    (
        (
            kafka.RetriableError,
            kafka.BrokerNotAvailableError,
            kafka.UnknownBrokerIdError,
            kafka.KafkaProtocolError,
        ),
        Unavailable,
    ),
)


def translate(error: BaseException) -> MeshError:
    """The error of ours that says the same; what no row names is Internal."""
    if isinstance(error, MeshError):
        return error
    for kinds, ours in _TABLE:
        if isinstance(error, kinds):
            return ours(f"kafka: {error}")
    if isinstance(error, OSError):
        return Unavailable(f"kafka: {error}")
    return Internal(f"kafka: {type(error).__name__}: {error}")


@contextmanager
def translated() -> Iterator[None]:
    """Around every call into the client."""
    try:
        yield
    except (kafka.KafkaError, OSError) as error:
        raise translate(error) from error
