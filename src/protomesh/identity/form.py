"""The login form as it comes back, and whether it comes from our own page."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from protomesh.errors import InvalidArgument, PermissionDenied

FORM = "application/x-www-form-urlencoded"
LARGEST = 16_384
FIELDS = ("user_id", "password", "return_to")


@dataclass(frozen=True, slots=True)
class LoginForm:
    """What was filled in; empty where a field was left out."""

    user_id: str = ""
    password: str = ""
    return_to: str = ""

    def __repr__(self) -> str:
        return "LoginForm(…)"


def read_form(content_type: str, data: bytes) -> LoginForm:
    """The form that a browser sends (WHATWG URL Standard, 5). Raises InvalidArgument."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise InvalidArgument(f"form: send it as {FORM}")
    if len(data) > LARGEST:
        raise InvalidArgument(f"form: more than {LARGEST} bytes")
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise InvalidArgument("form: cannot be read") from None
    names = [name for name, _ in pairs]
    if twice := next((name for name in FIELDS if names.count(name) > 1), ""):
        raise InvalidArgument(f"form: {twice} is given twice")
    found = dict(pairs)
    return LoginForm(*(found.get(name, "") for name in FIELDS))


def must_be_ours(metadata: Mapping[str, object], public: str) -> None:
    """A browser says where a form comes from; another site's would log its visitor in as somebody else.

    `public` is the site's own address. Browsers that know Fetch Metadata say it best, older
    ones say `Origin`, clients that are no browsers say nothing. Raises PermissionDenied.
    """
    fetched = metadata.get("sec-fetch-site")
    if fetched is not None:
        ours = fetched in {"same-origin", "none"}
    else:
        origin = metadata.get("origin")
        ours = origin is None or str(origin).lower() == public.lower().rstrip("/")
    if not ours:
        raise PermissionDenied("the form comes from another site")
