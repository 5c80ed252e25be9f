"""Durable, append-only partition logs."""

from protomesh.broker.embedded.log.batch import BATCH_OVERHEAD, BatchHeader
from protomesh.broker.embedded.log.partition import LogLimits, PartitionLog

__all__ = ["BATCH_OVERHEAD", "BatchHeader", "LogLimits", "PartitionLog"]
