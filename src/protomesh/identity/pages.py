"""The login form as HTML: no script, nothing from elsewhere, every value escaped."""

import hashlib
from base64 import b64encode
from html import escape

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:10vh auto;padding:0 1rem}"
    "label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}"
    "label{margin-top:1rem}input,button{padding:.5rem;margin-top:.25rem}button{margin-top:1.5rem}"
    "[role=alert]{border:2px solid #b00020;padding:.5rem 1rem;color:#b00020}"
)
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = (
    ("cache-control", "no-store"),
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    # Without a referrer browsers would send `Origin: null` with the form, which looks like a stranger's.
    ("referrer-policy", "same-origin"),
)
CONTENT_TYPE = "text/html; charset=utf-8"


def login_page(return_to: str, user_id: str = "", fault: str = "") -> bytes:
    """The form; with a fault above it, and the name that was typed in it."""
    title = "Error: Log in" if fault else "Log in"
    alert = f'<div role="alert" id="fault"><p>{escape(fault)}</p></div>' if fault else ""
    told = ' aria-invalid="true" aria-describedby="fault"' if fault else ""
    return _document(
        title,
        f"<h1>Log in</h1>{alert}"
        '<form method="post" action="/login">'
        f'<input type="hidden" name="return_to" value="{escape(return_to)}">'
        '<label for="user_id">User name</label>'
        f'<input id="user_id" name="user_id" value="{escape(user_id)}" autocomplete="username" '
        f'autocapitalize="none" spellcheck="false" maxlength="63" required{told}>'
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" '
        f'maxlength="128" required{told}>'
        '<button type="submit">Log in</button></form>',
    )


def waiting_page(return_to: str) -> bytes:
    """Goes on by itself after a second."""
    path = escape(return_to)
    return _document(
        "Logging in",
        f'<h1>Logging in</h1><p><a href="{path}">Go on</a></p>',
        head=f'<meta http-equiv="refresh" content="1;url={path}">',
    )


def _document(title: str, body: str, head: str = "") -> bytes:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    ).encode()
