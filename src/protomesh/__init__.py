"""Protomesh: one contract becomes a gRPC service, a REST API, an event stream and functions."""
