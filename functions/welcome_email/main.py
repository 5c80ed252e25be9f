"""Greets whoever registers: the mail goes to a spool folder, from which a mail server takes it."""

import os
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from protomesh.errors import NotFound
from protomesh.functions import Drop, Event, FunctionContext, Retries, function
from shop_pb.shop.users.v1.users_pb2 import GetUserRequest, User
from shop_pb.shop.users.v1.users_pb2_grpc import UsersStub

TEXT = """Hello {name},

welcome to the shop. Your account is ready.
"""


@function(
    topic="users", type="shop.users.user.created.v1", retries=Retries(5, first="1s", most="5m"), timeout="30s"
)
def welcome_email(event: Event[User], ctx: FunctionContext) -> None:
    """The address is not in the event, where it would be kept for as long as the topic: it is asked for."""
    try:
        user = ctx.stub(UsersStub).GetUser(GetUserRequest(user_id=event.data.id))
    except NotFound:
        raise Drop("the user is gone") from None
    if not user.email:
        raise Drop("the user has no address")
    spool(ctx.folder / "spool", event.id, mail_to(user, event))


def mail_to(user: User, event: Event[User]) -> EmailMessage:
    """An RFC 5322 message, the same for every delivery of the event."""
    mail = EmailMessage()
    mail["From"] = "The shop <welcome@shop.example>"
    mail["To"] = user.email
    mail["Subject"] = "Welcome to the shop"
    mail["Date"] = format_datetime(event.time)
    mail["Message-ID"] = f"<{event.id}@shop.example>"
    mail.set_content(TEXT.format(name=user.display_name or "there"))
    return mail


def spool(folder: Path, event_id: str, mail: EmailMessage) -> None:
    """Write `<event id>.eml`, whole or not at all; a second time it changes nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{event_id}.part"
    with part.open("wb") as file:
        file.write(mail.as_bytes())
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / f"{event_id}.eml")
