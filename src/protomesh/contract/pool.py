"""Files brought into the descriptor pool, by their generated module wherever there is one.

A generated module adds its own file when it is imported, and refuses to when the pool has the file already
in another serialization. So the module comes first, and the bare descriptor only where no module exists.
"""

import importlib
from contextlib import suppress

from google.protobuf import descriptor_pb2, descriptor_pool

LIBRARY = {"mesh": "protomesh_pb.mesh", "buf": "protomesh_pb.buf", "google": "google"}


def add_file(
    pool: descriptor_pool.DescriptorPool, file: descriptor_pb2.FileDescriptorProto, python: str
) -> None:
    """Make sure that the pool knows the file; `python` is the root package of the generated code."""
    with suppress(ModuleNotFoundError):
        importlib.import_module(_module(file.name, python))
    try:
        pool.FindFileByName(file.name)
    except KeyError:
        bare = descriptor_pb2.FileDescriptorProto()
        bare.CopyFrom(file)
        bare.ClearField("source_code_info")
        pool.AddSerializedFile(bare.SerializeToString())


def _module(file: str, python: str) -> str:
    """`shop/users/v1/users.proto` under `shop_pb` gives `shop_pb.shop.users.v1.users_pb2`."""
    top, _, rest = file.removesuffix(".proto").partition("/")
    root = LIBRARY.get(top, f"{python}.{top}" if python else top)
    name = f"{root}.{rest.replace('/', '.')}_pb2"
    return name.replace("operations_pb2", "operations_proto_pb2") if top == "google" else name
