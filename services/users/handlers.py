"""shop.users.v1.Users: requests in, the domain asked, messages out."""

from google.protobuf import empty_pb2

from protomesh.context import Context
from protomesh.rpc import Call, must_match, page_of, timestamp
from protomesh_pb.mesh.identity.v1.identity_pb2 import DeleteCredentialRequest, PutCredentialRequest
from protomesh_pb.mesh.identity.v1.identity_pb2_grpc import IdentityStub
from services.users import domain, store
from shop_pb.shop.users.v1 import users_pb2 as pb


class Users:
    """Registers and looks after users."""

    def __init__(self, context: Context) -> None:
        self._clock = context.clock
        self._identity = context.stub(IdentityStub)

    def CreateUser(self, request: pb.CreateUserRequest, call: Call) -> pb.User:
        wanted = request.user
        user = domain.register(request.user_id, wanted.display_name, wanted.email, self._clock.now())
        with call.unit_of_work(read_only=True) as work:
            store.must_be_free(work.tx, user.id)
        self._identity.PutCredential(PutCredentialRequest(user_id=user.id, password=request.password))
        store.add(call.tx, user)
        return message(user)

    def GetUser(self, request: pb.GetUserRequest, call: Call) -> pb.User:
        return message(store.get(call.tx, request.user_id))

    def ListUsers(self, request: pb.ListUsersRequest, call: Call) -> pb.ListUsersResponse:
        found, token = page_of(
            request, fetch=lambda after, limit: store.page(call.tx, after, limit), key=lambda user: user.id
        )
        return pb.ListUsersResponse(users=[message(user) for user in found], next_page_token=token)

    def DeleteUser(self, request: pb.DeleteUserRequest, call: Call) -> empty_pb2.Empty:
        with call.unit_of_work(read_only=True) as work:
            must_match(store.get(work.tx, request.user_id), request.etag)
        self._identity.DeleteCredential(DeleteCredentialRequest(user_id=request.user_id))
        must_match(store.get(call.tx, request.user_id, to_write=True), request.etag)
        store.remove(call.tx, request.user_id)
        return empty_pb2.Empty()


def message(user: domain.User) -> pb.User:
    """The user as the contract shows one."""
    return pb.User(
        id=user.id,
        display_name=user.display_name,
        email=user.email,
        etag=user.etag,
        create_time=timestamp(user.created),
        update_time=timestamp(user.updated),
    )
