"""What the tests share: a running `serve`, its API, the customer's side, and the browser."""

import json
import os
import pathlib
import random
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from playwright.sync_api import Error, expect, sync_playwright

PROGRAM = os.environ["AUDITFERRY"]
BROWSER = os.environ["CHROMIUM"]
ALL = ["view", "explore", "set-up", "operate", "contacts", "invite"]
# The machine may be busy with other tests.
TIMEOUT_MS = 15_000
expect.set_options(timeout=TIMEOUT_MS)


def lasting_port():
    """A free port that the system gives to nobody by itself, so it stays free while `serve` starts again."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


class Serve:
    """`auditferry serve`, by default on a free port, ticking every second."""

    def __init__(self, *options, folder=None, port=0):
        words = [PROGRAM, "serve", "--port", str(port), "--tick", "1", "--json", *options]
        words += ["--local", str(folder)] if folder else []
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={"USER": "ops"})
        self.startup = json.loads(self.process.stdout.readline())
        self.url = self.startup["connectors_url"].removesuffix("/v1/connectors")

    def stop(self):
        assert self.process.poll() is None, f"serve ended by itself: {self.process.returncode}"
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()

    def request(self, method, path, body=None, headers=None):
        """Status and JSON of a request to the API or to the stand-ins."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"content-type": "application/json", "authorization": "Bearer " + self.startup["token"], **(headers or {})}
        request = urllib.request.Request(self.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read() or b"null")

    def api(self, method, path, body=None):
        """The JSON of a request that must succeed."""
        status, answer = self.request(method, path, body)
        assert status < 300, (method, path, status, answer)
        return answer

    def link(self, tenant="acme", abilities=ALL, name="Dana Ruiz", **others):
        """The URL of a new link for a tenant's person."""
        body = {"tenant": tenant, "for": name, "abilities": abilities, "kind": "invite", **others}
        return self.api("POST", "/v1/portal-links", body)["url"]

    def create_stack(self, quick_create_url, bucket, account="222222222222", creates_bucket=True):
        """Plays the customer's administrator, who clicks *Create stack*. Returns the stack's outputs."""
        body = {
            "AccountId": account, "Link": quick_create_url, "BucketName": bucket,
            "CreateBucket": "yes" if creates_bucket else "no", "BucketNamespace": "global",
        }
        return self.api("POST", "/stand-in/stacks", body)["Outputs"]

    def set_obstacle(self, kind, **of):
        """Injects a fault of the customer's side."""
        self.api("PUT", "/stand-in/obstacles/" + kind, of)

    def remove_obstacle(self, kind):
        self.api("DELETE", "/stand-in/obstacles/" + kind)

    def connectors(self, tenant):
        return self.api("GET", "/v1/connectors?tenant=" + tenant)["connectors"]

    def files(self, connector):
        """The connector's files, newest first."""
        return self.api("GET", f"/v1/connectors/{connector}/exports")["exports"]

    def active_connector(self, tenant="acme", bucket="acme-audit-log", **others):
        """A connector that exports to a bucket, as the API makes one. Others are fields of a new connector."""
        connector = self.api("POST", "/v1/connectors", {"tenant": tenant, **others})
        setup = self.api("GET", f"/v1/connectors/{connector['id']}/setup")
        outputs = self.create_stack(setup["quick_create_url"], bucket)
        destination = {
            "role": outputs["RoleArn"], "bucket": outputs["BucketName"], "region": outputs["Region"],
            "prefix": "auditferry",
        }
        self.api("PATCH", f"/v1/connectors/{connector['id']}", {"destination": destination})
        self.api("POST", f"/v1/connectors/{connector['id']}/activate")
        return connector["id"]


class PortalTest(unittest.TestCase):
    """A test with a `serve` of its class and a browser. Pages that log an error or load anything from elsewhere
    fail it."""

    OPTIONS = ()
    # A part of addresses of another server that a page may lead to.
    DOWNLOADS = None
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.serve = cls.start_serve()
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])

    @classmethod
    def start_serve(cls):
        return Serve(*cls.OPTIONS)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()
        cls.serve.stop()
        cls.folder.cleanup()

    def person(self, script=True, width=1280, scheme="light", **options):
        """A page of a browser with no cookies yet."""
        context = self.browser.new_context(
            java_script_enabled=script, viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        context.set_default_timeout(TIMEOUT_MS)
        self.addCleanup(context.close)
        page = context.new_page()
        self.watch(page)
        return page

    def watch(self, page):
        errors = []
        # A page of an error is an answer too: the browser logs its status, which the test expects.
        expected = "Failed to load resource: the server responded with a status of"
        page.on("console", lambda message: errors.append(message.text)
                if message.type == "error" and not message.text.startswith(expected) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: errors.append("loads " + request.url)
                if not request.url.startswith((self.serve.url, "data:", "about:")) and not self.is_download(request.url) else None)
        self.addCleanup(lambda: self.assertEqual(errors, [], "the browser complains"))

    def is_download(self, url):
        return bool(self.DOWNLOADS) and self.DOWNLOADS in url

    def enter(self, page, link=None, **of_link):
        """Redeems a link, by default a new one with all abilities."""
        page.goto(link or self.serve.link(**of_link))
        page.get_by_role("button", name="Continue as").click()
        page.wait_for_url(lambda url: "/enter/" not in url)
        return page

    def operator(self, **options):
        """An operator's page."""
        page = self.person(**options)
        page.goto(self.serve.url + "/")
        page.get_by_role("button", name="Continue as").click()
        page.wait_for_url("**/portal/operators")
        return page

    def goto(self, page, path):
        return page.goto(self.serve.url + path)

    def back(self, page):
        """The back button. To the answer of a form, a browser asks whether to send that again: yes."""
        try:
            page.go_back()
        except Error as error:
            self.assertIn("ERR_CACHE_MISS", str(error))
            self.until("the answer to the form", lambda: self.has_reloaded(page))

    def has_reloaded(self, page):
        try:
            page.reload()
        except Error:  # The browser's own page with the question is not there yet.
            return False
        return True

    def until(self, what, probe):
        """Waits until a probe is true, and returns its value."""
        end = time.monotonic() + TIMEOUT_MS / 1_000
        while not (value := probe()):
            self.assertLess(time.monotonic(), end, "never: " + what)
            time.sleep(0.2)
        return value

    def reload_until(self, page, text):
        """Loads the page again until it says this. A reload repeats nothing."""
        def said():
            page.reload()
            return text in page.inner_text("main")
        self.until(f"{text!r} on {page.url}", said)


def images():
    """Where screenshots are stored; `None` unless asked for."""
    folder = os.environ.get("SCREENSHOTS")
    return pathlib.Path(folder) if folder else None
