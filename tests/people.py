"""Persons with a device: they sign in as a person does, by phone and shown code."""

import re

import httpx
from litestar import Litestar

BASE = "http://localhost:8000"


def browser_client(app: Litestar) -> httpx.AsyncClient:
    """A browser without JavaScript. An exception nobody answered fails the test with its own trace."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)


async def sign_in(client: httpx.AsyncClient, phone: str) -> None:
    """Leaves the client with the cookie of a new session."""
    sent = await client.post("/sign-in", data={"phone": phone})
    assert sent.status_code == 303, sent.text
    code = shown_code((await client.get(sent.headers["location"])).text)
    entered = await client.post("/sign-in/code", data={"code": code})
    assert entered.status_code == 303, entered.text


async def bearer(client: httpx.AsyncClient, phone: str) -> dict[str, str]:
    """The header of a program that signed in through the API."""
    sent = (await client.post("/api/v1/auth/codes", json={"phone": phone})).json()
    form = {"grant_type": "otp", "flow": sent["flow"], "phone": phone, "code": sent["dev_code"]}
    token = (await client.post("/api/v1/auth/token", data=form)).json()
    return {"authorization": f"Bearer {token['access_token']}"}


def shown_code(html: str) -> str:
    """The sign-in code that a development page shows."""
    found = re.search(r"data-dev-code>\s*(\d{6})", html)
    assert found, "no code on the page"
    return found[1]
