"""What a page weighs on the wire: the answers as the portal sends them, compressed by itself, since API Gateway's HTTP
APIs compress nothing."""

from .world import PortalTest

FIRST_PAGE = 30_000
EVERY_PAGE = 100_000


class Sizes(PortalTest):
    OPTIONS = ("--demo",)

    def test_the_first_page_and_every_other_are_small(self):
        page = self.person()
        answers = []
        page.on("response", lambda answer: answers.append(answer))
        page.goto(self.serve.link(tenant="acme"), wait_until="networkidle")
        first = self.weight(answers)
        print(f"\nthe first page: {first:,} bytes on the wire, with style, script and icon")
        self.assertLessEqual(first, FIRST_PAGE)
        self.enter(page, self.serve.link(tenant="acme"))
        connector = self.serve.api("GET", "/v1/connectors?tenant=acme")["connectors"][0]["id"]
        own = f"/portal/connectors/{connector}"
        heaviest = ("", 0)
        for path in ["/portal/health", "/portal/connectors", "/portal/changes", "/portal/proof", "/portal/access", own] + [
            f"{own}/{name}" for name in ["exports", "exports/1", "changes", "settings", "contacts", "connect", "rotate"]
        ]:
            with self.subTest(path=path):
                answers.clear()
                page.goto(self.serve.url + path, wait_until="networkidle")
                weight = self.weight(answers)
                heaviest = max(heaviest, (path.replace(connector, "ID"), weight), key=lambda item: item[1])
                self.assertLessEqual(weight, EVERY_PAGE)
        print("the heaviest page: {}, {:,} bytes".format(*heaviest))

    def weight(self, answers):
        """Bodies as they were sent. What the browser has already is not sent again."""
        return sum(answer.request.sizes()["responseBodySize"] for answer in answers)
