"""A person's browser at the portal: no script, no redirect that it doesn't follow itself, and cookies as RFC 6265bis has
them. It opens the portal through the HTTP API, at the stand-in's address, under the host that links name.
"""

import http.client
import urllib.parse
from dataclasses import dataclass, field
from html.parser import HTMLParser

from stand_in import StandIn


@dataclass
class Form:
    """A form of a page: where it leads, what is filled in, and the buttons that send it by the words on them."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Page:
    """What is shown after all redirects."""

    status: int
    path: str
    text: str
    headers: http.client.HTTPMessage
    forms: list[Form]

    def form(self, button: str) -> Form:
        """The form with this button."""
        [found] = [form for form in self.forms if button in form.buttons] or [None]
        assert found, f"{self.path} ({self.status}) has no button {button!r}: {self.text[:3000]}"
        return found


class Browser:
    """One person's session."""

    def __init__(self, aws: StandIn, portal: str) -> None:
        self.aws, self.portal = aws, urllib.parse.urlsplit(portal)
        self.cookies: dict[str, str] = {}

    def open(self, url: str, method: str = "GET") -> Page:
        """Opens a URL or a path, as a click on a link does."""
        return self._show(method, url.removeprefix(self.portal.geturl()), None)

    def press(self, page: Page, button: str, **typed: str) -> Page:
        """Fills in fields of the form with this button, and presses it."""
        form = page.form(button)
        unknown = typed.keys() - form.fields.keys()
        assert not unknown, f"{page.path} has no fields {unknown}, but {sorted(form.fields)}"
        name, value = form.buttons[button]
        values = form.fields | typed | ({name: value} if name else {})
        return self._show("POST", form.action or page.path, urllib.parse.urlencode(values))

    def _show(self, method: str, path: str, body: str | None) -> Page:
        answer, text = self._request(method, path, body)
        for _ in range(5):
            if answer.status != 303:
                break
            path = answer.headers["location"]
            assert path.startswith("/portal/"), f"the portal leads to {path}"
            answer, text = self._request("GET", path, None)
        return Page(answer.status, path, text, answer.headers, _forms(text))

    def _request(self, method: str, path: str, body: str | None) -> tuple[http.client.HTTPResponse, str]:
        headers = {"Host": self.portal.netloc, "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.portal.geturl()}
        # The name of the portal's host leads nowhere here, so the connection goes to the stand-in itself.
        connection = http.client.HTTPSConnection("127.0.0.1", self.aws.port, context=self.aws.tls(), timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for line in answer.headers.get_all("set-cookie") or []:
            self._keep(line)
        return answer, text

    def _keep(self, line: str) -> None:
        """Source: RFC 6265bis, section 4.1.3.2: what a browser asks of a name that begins with `__Host-`."""
        pair, *attributes = [part.strip() for part in line.split(";")]
        name, _, value = pair.partition("=")
        named = {attribute.partition("=")[0].lower(): attribute.partition("=")[2] for attribute in attributes}
        assert name.startswith("__Host-") and "secure" in named and "domain" not in named and named["path"] == "/", line
        assert "httponly" in named and named["samesite"] == "Lax", line
        if named.get("max-age") == "0" or not value:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


class _Reader(HTMLParser):
    """Collects forms. A button may belong to a form that it names."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.inside: Form | None = None
        self.button: tuple[Form, str, str, list[str]] | None = None
        self.area: tuple[str, list[str]] | None = None
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = Form(given.get("action", ""))
            self.forms.append(self.inside)
            self.by_id[given.get("id", "")] = self.inside
        form = self.by_id.get(given.get("form", ""), self.inside) if "form" in given else self.inside
        if form is None:
            return
        name = given.get("name", "")
        if tag == "button" and "disabled" not in given:
            self.button = (form, name, given.get("value", ""), [])
        elif tag == "textarea":
            self.area = (name, [])
        elif tag == "select":
            self.select = name
            form.fields.setdefault(name, "")
        elif tag == "option" and self.select and ("selected" in given or not form.fields[self.select]):
            form.fields[self.select] = given.get("value", "")
        elif tag == "input" and name:
            if given.get("type") in ("radio", "checkbox") and "checked" not in given:
                return
            form.fields[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        elif tag == "select":
            self.select = ""
        elif tag == "button" and self.button:
            form, name, value, words = self.button
            form.buttons[" ".join("".join(words).split())] = (name, value)
            self.button = None
        elif tag == "textarea" and self.area and self.inside:
            name, words = self.area
            self.inside.fields[name] = "".join(words).removeprefix("\n")
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.button:
            self.button[3].append(data)
        elif self.area:
            self.area[1].append(data)


def _forms(text: str) -> list[Form]:
    reader = _Reader()
    reader.feed(text)
    return reader.forms
