"""What a page weighs on the wire. API Gateway's HTTP APIs compress nothing, so these are the bytes."""

from .world import PortalTest

FIRST_PAGE = 30_000
EVERY_PAGE = 100_000


class Sizes(PortalTest):
    OPTIONS = ("--demo",)

    def test_the_first_page_and_every_other_are_small(self):
        weights = {}
        page = self.person()
        page.on("response", lambda answer: weights.update({answer.url: self.weight(answer)}))
        page.goto(self.serve.link(tenant="acme"))
        first = sum(weights.values())
        print(f"\nthe first page: {first} bytes with style, script and icon")
        self.assertLessEqual(first, FIRST_PAGE)
        self.enter(page, self.serve.link(tenant="acme"))
        connector = self.serve.api("GET", "/v1/connectors?tenant=acme")["connectors"][0]["id"]
        own = f"/portal/connectors/{connector}"
        for path in ["/portal/health", "/portal/connectors", "/portal/changes", "/portal/proof", "/portal/access", own] + [
            f"{own}/{name}" for name in ["exports", "exports/1", "changes", "settings", "contacts", "connect", "rotate"]
        ]:
            with self.subTest(path=path):
                weights.clear()
                self.goto(page, path)
                # A browser keeps style and script; a first visit loads them too.
                weight = sum(weights.values())
                print(f"{path.replace(connector, 'ID')}: {weight} bytes")
                self.assertLessEqual(weight, EVERY_PAGE)

    def weight(self, answer):
        return len(answer.body()) if answer.status == 200 else 0
