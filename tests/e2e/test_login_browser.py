"""The login page in a real browser."""

import shutil
import zlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.mesh import Mesh, eventually
from tests.support.need import need

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need("chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, mesh: Mesh) -> Iterator[Page]:
    """A visitor's page, at the mesh's public address."""
    port = mesh.address("gateway").rpartition(":")[2]
    context = browser.new_context(base_url=f"http://localhost:{port}")
    yield context.new_page()
    context.close()


def register(mesh: Mesh, user_id: str) -> None:
    user = {"displayName": user_id, "email": f"{user_id}@mail.example"}
    answer = mesh.gateway()("POST", "/api/users", {"userId": user_id, "user": user, "password": PASSWORD})
    assert answer.status == 201, answer


def fill(page: Page, user_id: str, password: str) -> None:
    page.get_by_label("User name").fill(user_id)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_visitor_logs_in_and_stays_so(mesh: Mesh, page: Page) -> None:
    register(mesh, "browser-ann")
    faults: list[str] = []
    page.on(
        "console", lambda message: faults.append(message.text) if "Content Security" in message.text else None
    )
    page.goto("/api/users/browser-ann")
    assert page.title() == "Log in"
    fill(page, "browser-ann", "wrong horse")
    assert page.get_by_role("alert").inner_text() == "User name or password is wrong."
    assert page.get_by_label("User name").input_value() == "browser-ann"
    assert page.get_by_label("Password").input_value() == ""
    fill(page, "browser-ann", PASSWORD)
    page.wait_for_url("**/api/users/browser-ann")
    assert '"id":"browser-ann"' in page.content().replace(" ", "")
    assert not faults
    assert page.evaluate("document.cookie") == "", "a script can read the token"


def test_a_script_logs_out(mesh: Mesh, page: Page) -> None:
    register(mesh, "browser-bob")
    page.goto("/login?return_to=/api/users/browser-bob")
    fill(page, "browser-bob", PASSWORD)
    page.wait_for_url("**/api/users/browser-bob")
    ask = "path => fetch(path, {method: 'POST', body: '{}', headers: {'content-type': 'application/json'}})"
    assert page.evaluate(f"({ask})('/api/logout').then(answer => answer.status)") == 204
    assert page.context.cookies() == []
    page.goto("/api/users/browser-bob")
    assert page.title() == "Log in"


def test_an_ended_token_is_renewed_without_a_form(mesh: Mesh, page: Page) -> None:
    register(mesh, "browser-cat")
    page.goto("/login?return_to=/api/users/browser-cat")
    fill(page, "browser-cat", PASSWORD)
    page.wait_for_url("**/api/users/browser-cat")
    page.context.clear_cookies(name="protomesh_token")

    def there() -> bool:
        """Not at once: whoever was logged in a moment ago sees the form, to end a way round and round."""
        page.goto("/api/users/browser-cat")
        return page.title() != "Log in"

    eventually(there, "the login was not renewed")
    assert page.url.endswith("/api/users/browser-cat")
    assert {each["name"] for each in page.context.cookies()} == {"protomesh_token", "protomesh_renewal"}


@pytest.mark.parametrize(
    "bait", ["//evil.example", "https://evil.example/", "/\\evil.example", "/%09/evil.example"]
)
def test_nobody_is_sent_to_another_site(mesh: Mesh, page: Page, bait: str) -> None:
    user = f"browser-{zlib.crc32(bait.encode()):08x}"
    register(mesh, user)
    page.goto(f"/login?return_to={bait}")
    fill(page, user, PASSWORD)
    page.wait_for_url(lambda address: "/login" not in address)
    assert page.url.startswith("http://localhost:")
    assert page.url.endswith("/")


ORDER = """address => fetch(address, {
    method: "POST", credentials: "include", headers: {"content-type": "application/json"},
    body: JSON.stringify({lines: [{productId: "coffee-mug", quantity: 1}], deliveryAddress: "here"}),
}).then(answer => answer.status, () => 0)"""


def test_a_change_by_cookie_counts_only_from_pages_of_the_site(mesh: Mesh, page: Page) -> None:
    register(mesh, "browser-dan")
    page.goto("/api/users/browser-dan")
    fill(page, "browser-dan", PASSWORD)
    page.wait_for_url("**/api/users/browser-dan")
    site = page.url.removesuffix("/api/users/browser-dan")
    orders = f"{site}/api/users/browser-dan/orders"
    assert page.evaluate(ORDER, orders) == 201, "a page of the site itself is refused"
    page.goto(f"{site.replace('localhost', '127.0.0.1')}/api/products")
    assert page.evaluate(ORDER, orders) in {0, 401}, "another site changes things in the user's name"
    page.goto("/api/users/browser-dan/orders")
    assert page.content().count("coffee-mug") == 1


def test_another_s_page_stays_closed(mesh: Mesh, page: Page) -> None:
    register(mesh, "browser-eve")
    page.goto("/api/users/browser-eve")
    fill(page, "browser-eve", PASSWORD)
    page.wait_for_url("**/api/users/browser-eve")
    refused = page.goto("/api/users/browser-ann")
    assert refused is not None
    assert refused.status == 403
    assert page.url.endswith("/api/users/browser-ann"), "somebody who is logged in is sent to log in"


def test_it_works_by_keyboard_and_without_scripts(mesh: Mesh, browser: Browser) -> None:
    register(mesh, "browser-fay")
    port = mesh.address("gateway").rpartition(":")[2]
    with browser.new_context(base_url=f"http://localhost:{port}", java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/api/users/browser-fay")
        page.get_by_label("User name").focus()
        page.keyboard.type("browser-fay")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/api/users/browser-fay")
        assert "browser-fay" in page.content()
