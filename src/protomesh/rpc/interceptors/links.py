"""Just inside the status interceptor: answers get the links of what their caller may do next.

By then the call is committed and its events are taken: nothing here may fail it, and no event has links.
A handler's response is copied first: it may be one that the handler keeps.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from protomesh.clock import Clock
from protomesh.contract import Contract, Method
from protomesh.policy import SecurityPolicy
from protomesh.rpc.call import Call
from protomesh.rpc.interceptor import Handler
from protomesh.rpc.links import ListPlan, Offer, Offers, Reader, ResourcePlan, header, plan_of, turned
from protomesh.rpc.links.address import with_query

Link = Callable[[Any, Any, Call], Any]
"""From request (bytes, or their iterator), response and call to the response with links."""


class Links:
    """See the module."""

    def __init__(self, contract: Contract, policy: SecurityPolicy, clock: Clock, log: logging.Logger) -> None:
        self._contract = contract
        self._policy = policy
        self._clock = clock
        self._log = log
        self._offers: list[Offers] = []

    def wrap(self, method: Method, handler: Handler) -> Handler:
        """See `Interceptor`."""
        plan = plan_of(method, self._contract)
        if plan is None:
            return handler
        link = self._list(method, plan) if isinstance(plan, ListPlan) else self._resource(plan)
        error = self._log.exception

        def linked(request: Any, call: Call) -> Any:
            response = handler(request, call)
            try:
                return link(request, response, call)
            except Exception:  # noqa: BLE001 - the call is done, and this is logged in full
                error("%s: an answer went out without links", method.full_name)
                return response

        return linked

    def take(self, policy: SecurityPolicy) -> None:
        """Offer by another policy from now on."""
        self._policy = policy
        for offers in self._offers:
            offers.take(policy)

    def _ruled(self, plan: Iterable[Any]) -> Offers:
        offers = Offers(plan, self._policy)
        self._offers.append(offers)
        return offers

    def _reader(self, call: Call) -> Reader:
        return Reader(call.identity, call.rest, call.context.peer, self._clock.now())

    def _resource(self, plan: ResourcePlan) -> Link:
        offers, own, fields = self._ruled(plan.targets), self._ruled(plan.own), plan.fields

        def link(_request: Any, response: Any, call: Call) -> Any:
            values, reader = [getattr(response, name) for name in fields], self._reader(call)
            found = offers.offered(values, reader, response) if all(values) else []
            if plan.own and call.identity.subject:
                found += own.offered((call.identity.subject,), reader, None)
            if call.rest:
                call.links = header(found)
            return _filled(_copy(response), found) if plan.has_field else response

        return link

    def _list(self, method: Method, plan: ListPlan) -> Link:
        offers = self._ruled(plan.targets)
        items = self._ruled(plan.item.targets) if plan.item else None
        parse = self._contract.message(method.request).FromString

        def link(request: Any, response: Any, call: Call) -> Any:
            asked, reader = parse(request), self._reader(call)
            values = [getattr(asked, name) for name in plan.listed.variables]
            pages = _pages(_address(plan, asked, values, call), response.next_page_token, plan.listed.title)
            found = offers.offered(values, reader, None) if all(values) else []
            if call.rest:
                told = {"first", "next"} if response.next_page_token else set()
                call.links = header([*(each for each in pages if each.rel not in told), *found])
            copy = _copy(response)
            if items is not None and plan.item is not None and plan.item.has_field:
                _each(getattr(copy, plan.items), plan.item.fields, items.for_each(reader))
            return _filled(copy, [*pages, *found]) if plan.has_field else copy

        return link


def _address(plan: ListPlan, asked: Any, values: Sequence[str], call: Call) -> str:
    """Where the list was asked for; for a gRPC client where it could have been."""
    path = call.metadata.get("x-envoy-original-path") if call.rest else None
    return str(path) if path else with_query(plan.listed.address.fill(values), asked, plan.listed.variables)


def _pages(address: str, token: str, title: str) -> list[Offer]:
    found = [Offer("self", address, title, "GET"), Offer("first", turned(address), title, "GET")]
    return [*found, Offer("next", turned(address, token), title, "GET")] if token else found


def _each(resources: Iterable[Any], fields: Sequence[str], offered: Callable[..., list[Offer]]) -> None:
    for resource in resources:
        values = [getattr(resource, name) for name in fields]
        _filled(resource, offered(values, resource) if all(values) else [])


def _copy(response: Any) -> Any:
    copy = type(response)()
    copy.CopyFrom(response)
    return copy


def _filled(message: Any, offers: Iterable[Offer]) -> Any:
    """The message with exactly these links, whatever was there."""
    del message.links[:]
    add = message.links.add
    for each in offers:
        add(rel=each.rel, href=each.href, title=each.title, method=each.verb)
    return message
