"""The login page in a real browser."""

import shutil
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
