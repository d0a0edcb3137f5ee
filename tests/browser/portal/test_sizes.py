"""What a page weighs on the wire: the bytes that the portal sends to a browser, which it compresses itself, since API
Gateway's HTTP APIs compress nothing."""

import gzip
import re
import urllib.request

from .world import PortalTest

FIRST_PAGE = 30_000
EVERY_PAGE = 100_000


class Sizes(PortalTest):
    OPTIONS = ("--demo",)

    def test_the_first_page_and_every_other_are_small(self):
        link = self.serve.link(tenant="acme")
        first = self.weight(link, "")
        print(f"\nthe first page: {first:,} bytes on the wire, with style, script and icon")
        self.assertLessEqual(first, FIRST_PAGE)
        page = self.enter(self.person(), link)
        cookie = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
        connector = self.serve.api("GET", "/v1/connectors?tenant=acme")["connectors"][0]["id"]
        own = f"/portal/connectors/{connector}"
        weights = {}
        for path in ["/portal/health", "/portal/connectors", "/portal/changes", "/portal/proof", "/portal/access", own] + [
            f"{own}/{name}" for name in ["exports", "exports/1", "changes", "settings", "contacts", "connect", "rotate"]
        ]:
            with self.subTest(path=path):
                weights[path.replace(connector, "ID")] = self.weight(self.serve.url + path, cookie)
                self.assertLessEqual(max(weights.values()), EVERY_PAGE)
        print("the heaviest page: {}, {:,} bytes with style, script and icon".format(*max(weights.items(), key=lambda item: item[1])))

    def weight(self, url, cookie):
        """The page, and the files that it loads."""
        raw, text = self.fetch(url, cookie)
        files = re.findall('"(/portal/assets/[^"]+)"', text)
        self.assertGreaterEqual(len(files), 4)
        return raw + sum(self.fetch(self.serve.url + file, cookie)[0] for file in set(files))

    def fetch(self, url, cookie):
        """The size of an answer as it was sent, and its text."""
        request = urllib.request.Request(url, headers={"accept-encoding": "gzip", "cookie": cookie})
        with urllib.request.urlopen(request) as answer:
            body = answer.read()
            packed = answer.headers["content-encoding"] == "gzip"
        return len(body), (gzip.decompress(body) if packed else body).decode(errors="replace")
