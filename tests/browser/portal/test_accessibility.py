"""Each page in each state: axe-core, at 320 pixels, at 200 % zoom, light and dark; and all of it by keyboard."""

from .axe import overflow, problems
from .world import PortalTest

VIEWS = [
    {"width": 1280, "scheme": "light"},
    {"width": 1280, "scheme": "dark"},
    {"width": 320, "scheme": "light"},
    {"width": 320, "scheme": "dark"},
    # 200 % zoom of a window of 1,280 pixels leaves 640 CSS pixels of twice the size.
    {"width": 640, "scheme": "light", "device_scale_factor": 2},
]


class Accessibility(PortalTest):
    OPTIONS = ("--demo",)

    def check(self, page, what):
        found = problems(page)
        self.assertEqual(found, [], f"{what}: axe")
        self.assertLessEqual(overflow(page), 0, f"{what}: wider than the window")

    def test_every_page_in_every_view(self):
        connectors = {c["tenant"]: c["id"] for c in self.serve.api("GET", "/v1/connectors")["connectors"]}
        paths = self.paths(connectors)
        for view in VIEWS:
            page = self.operator(**view)
            for path in paths:
                with self.subTest(path=path, **view):
                    answer = self.goto(page, path)
                    self.assertLess(answer.status, 500)
                    self.check(page, path)

    def paths(self, connectors):
        pages = ["/portal/operators", "/portal/operators/links", "/portal/nothing", "/portal/health?tenant=quiet-co"]
        pages += ["/portal/health?tenant=new-co", "/portal/connectors/new?tenant=new-co", "/portal/invite?tenant=acme"]
        for tenant in ["acme", "gone-inc"]:
            own = f"/portal/connectors/{connectors[tenant]}"
            pages += [f"/portal/{page}?tenant={tenant}" for page in ["health", "connectors", "changes", "proof", "access"]]
            pages += [own] + [
                f"{own}/{page}" for page in ["exports", "exports/1", "changes", "settings", "contacts", "connect", "rotate",
                                             "disable", "delete"]
            ]
        return pages

    def test_the_way_in_and_its_refusals(self):
        for view in VIEWS:
            with self.subTest(**view):
                page = self.person(**view)
                link = self.serve.link()
                page.goto(link)
                self.check(page, "the button page")
                self.enter(self.person(), link)
                page.goto(link)
                self.check(page, "a used link")
                page.get_by_role("button", name="Send me a new one").click()
                self.check(page, "a request for a new link")
                self.goto(page, "/portal/health")
                self.check(page, "no session")

    def test_the_way_in_by_keyboard(self):
        page = self.person()
        page.goto(self.serve.link(tenant="acme"))
        self.press_until(page, "Continue as Dana Ruiz")
        page.keyboard.press("Enter")
        page.wait_for_url("**/portal/health")
        page.keyboard.press("Tab")
        self.assertEqual(page.evaluate("document.activeElement.textContent"), "Skip to the content")

    def test_everything_that_can_be_clicked_is_reached_by_keyboard(self):
        page = self.operator()
        connectors = {c["tenant"]: c["id"] for c in self.serve.api("GET", "/v1/connectors")["connectors"]}
        for path in ["/portal/operators", "/portal/health?tenant=gone-inc", f"/portal/connectors/{connectors['acme']}/settings"]:
            self.goto(page, path)
            # The cells of the timeline are for pointers; its days and its table lead to the same files.
            left_out = page.evaluate("""() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
                .filter((node) => node.checkVisibility() && node.tabIndex < 0 && !node.closest('svg'))
                .map((node) => node.outerHTML.slice(0, 120))""")
            self.assertEqual(left_out, [], path)

    def press_until(self, page, text, presses=40):
        for _ in range(presses):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent").strip() == text:
                return
        self.fail(f"{text} is not reached by keyboard")
