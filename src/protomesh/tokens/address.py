"""Where an issuer's keys are, as a policy's `jwks` says it: read and checked, nothing is looked up."""

import ipaddress
from dataclasses import dataclass
from enum import Enum
from urllib.parse import SplitResult, urlsplit

from protomesh.errors import ConfigError

DEVELOPMENT = "development:"
SERVICE = "service:"


class Kind(Enum):
    """The ways to have keys."""

    FILE = "file"
    """A path relative to the policy."""
    DEVELOPMENT = "development"
    """A name in the state directory."""
    URL = "url"
    SERVICE = "service"
    """A service of this mesh."""


@dataclass(frozen=True, slots=True)
class Address:
    """`value` is the path, the name or the URL, without the prefix that told its kind."""

    kind: Kind
    value: str

    @property
    def remote(self) -> bool:
        """Whether somebody else must be asked, who may be away."""
        return self.kind in {Kind.URL, Kind.SERVICE}


def read_address(jwks: str, *, environment: str, where: str) -> Address:
    """What `jwks` means. Raises ConfigError."""
    if jwks.startswith(DEVELOPMENT):
        return Address(
            Kind.DEVELOPMENT, _name(jwks.removeprefix(DEVELOPMENT), where, "development:jwks.json")
        )
    if jwks.startswith(SERVICE):
        return Address(Kind.SERVICE, _name(jwks.removeprefix(SERVICE), where, "service:identity"))
    if "://" not in jwks:
        if not jwks or "\0" in jwks:
            raise ConfigError(f"'{jwks}' is no path", where=where, fix="write keys.json, beside the policy")
        return Address(Kind.FILE, jwks)
    return Address(Kind.URL, _url(jwks, environment, where))


def _name(name: str, where: str, example: str) -> str:
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise ConfigError(f"'{name}' is no name", where=where, fix=f"write {example}")
    return name


def _url(url: str, environment: str, where: str) -> str:
    parts = _split(url, where)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(f"'{url}' is no web address", where=where, fix="write https://host/path")
    if "@" in parts.netloc or parts.fragment or not (url.isascii() and url.isprintable()) or " " in url:
        fix = "write https://host/path, without user, fragment or blanks"
        raise ConfigError("the address has parts that do not belong there", where=where, fix=fix)
    if parts.scheme == "http" and not (environment == "development" and _loopback(parts.hostname)):
        fix = "use https://; http:// is for this machine in development"
        raise ConfigError(f"'{url}' would be asked without TLS", where=where, fix=fix)
    return url


def _split(url: str, where: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        raise ConfigError(f"'{url}' is no web address", where=where, fix="write https://host/path") from None
    return parts


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
