"""Scalars and well-known types in their proto3 JSON form (protobuf.dev, "ProtoJSON Format") as schemas."""

from collections.abc import Mapping

from google.protobuf.descriptor import FieldDescriptor

from protomesh.gateway.objects import Json, Object

SIGNED: Object = {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}
UNSIGNED: Object = {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}
INT32: Object = {"type": "integer", "format": "int32"}
UINT32: Object = {"type": "integer", "format": "uint32", "minimum": 0, "maximum": 4294967295}
BYTES: Object = {"type": "string", "contentEncoding": "base64"}
FLOAT: Object = {"type": "number", "format": "float"}
DOUBLE: Object = {"type": "number", "format": "double"}
STRING: Object = {"type": "string"}
BOOL: Object = {"type": "boolean"}

SCALARS: Mapping[int, Object] = {
    FieldDescriptor.TYPE_DOUBLE: DOUBLE,
    FieldDescriptor.TYPE_FLOAT: FLOAT,
    FieldDescriptor.TYPE_INT32: INT32,
    FieldDescriptor.TYPE_SINT32: INT32,
    FieldDescriptor.TYPE_SFIXED32: INT32,
    FieldDescriptor.TYPE_UINT32: UINT32,
    FieldDescriptor.TYPE_FIXED32: UINT32,
    FieldDescriptor.TYPE_INT64: SIGNED,
    FieldDescriptor.TYPE_SINT64: SIGNED,
    FieldDescriptor.TYPE_SFIXED64: SIGNED,
    FieldDescriptor.TYPE_UINT64: UNSIGNED,
    FieldDescriptor.TYPE_FIXED64: UNSIGNED,
    FieldDescriptor.TYPE_BOOL: BOOL,
    FieldDescriptor.TYPE_STRING: STRING,
    FieldDescriptor.TYPE_BYTES: BYTES,
}

AS_TEXT: Mapping[str, Object] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.BoolValue": BOOL,
    "google.protobuf.StringValue": STRING,
    "google.protobuf.BytesValue": BYTES,
    "google.protobuf.FloatValue": FLOAT,
    "google.protobuf.DoubleValue": DOUBLE,
    "google.protobuf.Int32Value": INT32,
    "google.protobuf.UInt32Value": UINT32,
    "google.protobuf.Int64Value": SIGNED,
    "google.protobuf.UInt64Value": UNSIGNED,
}
"""Messages that are one value in JSON, so that a query parameter can be one."""

AS_JSON: Mapping[str, Object] = {
    "google.protobuf.Empty": {"type": "object"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.Any": {
        "type": "object",
        "required": ["@type"],
        "properties": {"@type": {"type": "string"}},
    },
    "google.api.HttpBody": {},
}

WELL_KNOWN: Mapping[str, Object] = {**AS_TEXT, **AS_JSON}

EXAMPLES: Mapping[str, Json] = {
    "google.protobuf.Timestamp": "2026-01-02T03:04:05Z",
    "google.protobuf.Duration": "1.500s",
    "google.protobuf.FieldMask": "displayName",
    "google.protobuf.BoolValue": True,
    "google.protobuf.StringValue": "text",
    "google.protobuf.BytesValue": "AQI=",
    "google.protobuf.FloatValue": 1.5,
    "google.protobuf.DoubleValue": 1.5,
    "google.protobuf.Int32Value": 1,
    "google.protobuf.UInt32Value": 1,
    "google.protobuf.Int64Value": "1",
    "google.protobuf.UInt64Value": "1",
    "google.protobuf.Empty": {},
    "google.protobuf.Struct": {"name": "value"},
    "google.protobuf.Value": "value",
    "google.protobuf.ListValue": ["value"],
    "google.api.HttpBody": "",
    "google.type.Money": {"currencyCode": "EUR", "units": "5", "nanos": 0},
    "mesh.link.v1.Link": {"rel": "self", "href": "/api", "title": "", "method": "GET"},
}
"""Of well-known types but Any, whose value depends on what it holds, and of messages that all use."""
