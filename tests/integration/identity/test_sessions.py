"""A browser's login: it goes on behind the login page, and ends with a logout."""

from protomesh.identity import GRACE, LIFETIME
from protomesh.tokens import token_of_cookie
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from tests.integration.identity.place import Place
from tests.integration.services.shop import PASSWORD
from tests.support.answers import Answer


class Browser:
    """Keeps cookies as RFC 6265 says; its clock is that of the place."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.jar: dict[str, str] = {}

    def take(self, answer: Answer) -> Answer:
        for cookie in answer.initial.get("set-cookie", []):
            name, _, value = str(cookie).partition(";")[0].partition("=")
            self.jar[name] = value
            if "Max-Age=0" in str(cookie):
                del self.jar[name]
        return answer

    def log_in(self) -> None:
        self.place.put()
        self.take(self.place.submit(user_id="ann", password=PASSWORD, return_to="/api"))

    def ask(self, verb: str = "GET", cookies: dict[str, str] | None = None) -> Answer:
        """The login page."""
        jar = self.jar if cookies is None else cookies
        header = "; ".join(f"{name}={value}" for name, value in jar.items())
        request = pb.LoginPageRequest(return_to="/api/users/ann")
        seen = (("x-envoy-original-method", verb), ("x-envoy-original-path", "/login"), ("cookie", header))
        return self.take(self.place.house.ask("LoginPage", request, *seen))


def status(answer: Answer) -> str:
    assert answer.code == "OK", answer
    return str(answer.initial["x-http-status"][0])


def test_a_login_goes_on_without_a_password(place: Place) -> None:
    browser = Browser(place)
    browser.log_in()
    for _ in range(3):
        before = dict(browser.jar)
        place.clock.advance(900.0)
        answer = browser.ask()
        assert (status(answer), answer.initial["location"]) == ("303", ["/api/users/ann"])
        assert not set(before.values()) & set(browser.jar.values()), "a cookie was not renewed"
        assert place.read(browser.jar["protomesh_token"]).subject == "ann"


def test_it_ends_after_a_month_without_a_visit(place: Place) -> None:
    browser = Browser(place)
    browser.log_in()
    place.clock.advance(LIFETIME)
    assert status(browser.ask()) == "200"
    assert "protomesh_renewal" not in browser.jar


def test_it_ends_with_the_user(place: Place) -> None:
    browser = Browser(place)
    browser.log_in()
    place.delete()
    place.clock.advance(900.0)
    assert status(browser.ask()) == "200"
    assert "protomesh_renewal" not in browser.jar


def test_who_comes_back_at_once_sees_the_form_instead_of_going_round(place: Place) -> None:
    """As where the page behind refuses the new cookie, or the browser does not keep it."""
    browser = Browser(place)
    browser.log_in()
    assert status(browser.ask()) == "200"
    place.clock.advance(900.0)
    assert [status(browser.ask()) for _ in range(2)] == ["303", "200"]


def test_many_tabs_at_once_lose_nothing(place: Place) -> None:
    browser = Browser(place)
    browser.log_in()
    place.clock.advance(900.0)
    old = dict(browser.jar)
    browser.ask()
    late = browser.ask(cookies=old)
    assert status(late) == "200"
    assert b'http-equiv="refresh" content="1;url=/api/users/ann"' in late.response.data
    assert "set-cookie" not in late.initial
    place.clock.advance(GRACE)
    assert status(browser.ask()) == "303", "the login has ended"


def test_a_stolen_renewal_ends_the_login(place: Place) -> None:
    browser = Browser(place)
    browser.log_in()
    old = dict(browser.jar)
    place.clock.advance(900.0)
    browser.ask()
    place.clock.advance(900.0)
    assert status(Browser(place).ask(cookies=old)) == "200"
    assert status(browser.ask()) == "200"


def test_asking_for_the_head_of_the_page_uses_nothing_up(place: Place) -> None:
    browser = Browser(place)
    browser.log_in()
    place.clock.advance(900.0)
    old = dict(browser.jar)
    assert status(browser.ask("HEAD")) == "200"
    assert browser.jar == old
    assert status(browser.ask()) == "303"


def test_a_logout_leaves_nothing_in_the_browser(place: Place) -> None:
    browser = Browser(place)
    browser.log_in()
    renewal = dict(browser.jar)
    sid = place.read(token_of_cookie(f"protomesh_token={browser.jar['protomesh_token']}")).claims["sid"]
    answer = place.house.rest("Logout", pb.LogoutRequest(), place.mint.claiming("ann", sid=sid))
    assert status(browser.take(answer)) == "204"
    assert not browser.jar
    place.clock.advance(900.0)
    assert status(browser.ask(cookies=renewal)) == "200", "the login goes on"
