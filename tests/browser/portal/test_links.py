"""The way in: links, sessions, robots, and what a link that can't be used says."""

import tempfile
import urllib.request

from .world import PortalTest, Serve


class Links(PortalTest):
    def test_a_robot_opens_the_link_first_and_the_person_still_gets_in(self):
        link = self.serve.link()
        for method in ["HEAD", "GET", "GET"]:
            request = urllib.request.Request(link, method=method, headers={"user-agent": "scanner"})
            with urllib.request.urlopen(request) as answer:
                self.assertEqual(answer.status, 200)
                self.assertIsNone(answer.headers["set-cookie"])
        page = self.enter(self.person(), link)
        self.assertIn("/portal/health", page.url)
        self.assertIn("Dana Ruiz", page.inner_text("header"))

    def test_the_button_page_names_vendor_tenant_and_person(self):
        page = self.person(script=False)
        page.goto(self.serve.link(tenant="acme", name="Dana Ruiz", abilities=["view", "set-up"]))
        text = page.inner_text("main")
        for said in ["Vendor", "acme", "Dana Ruiz", "connect a bucket", "works once"]:
            self.assertIn(said, text)
        self.assertNotIn("choose who is notified", text)

    def test_a_used_link_says_so_and_asks_for_a_new_one_once(self):
        link = self.serve.link()
        self.enter(self.person(), link)
        other = self.person(script=False)
        answer = other.goto(link)
        self.assertEqual(answer.status, 410)
        self.assertIn("each link works once", other.inner_text("main"))
        other.get_by_role("button", name="Send me a new one").click()
        first = other.inner_text("main")
        other.go_back()
        other.get_by_role("button", name="Send me a new one").click()
        self.assertEqual(other.inner_text("main"), first)

    def test_two_people_with_one_link_get_one_session(self):
        link = self.serve.link()
        ann, bob = self.person(), self.person()
        ann.goto(link)
        bob.goto(link)
        ann.get_by_role("button", name="Continue as").click()
        ann.wait_for_url("**/portal/health")
        bob.get_by_role("button", name="Continue as").click()
        bob.wait_for_load_state()
        self.assertIn("each link works once", bob.inner_text("main"))
        self.assertEqual(self.goto(bob, "/portal/health").status, 401)

    def test_neither_link_nor_cookie_can_be_seen_after_entering(self):
        link = self.serve.link()
        page = self.enter(self.person(), link)
        secret = link.rsplit(".", 1)[1]
        self.assertNotIn(secret, page.url)
        self.assertNotIn(secret, page.content())
        self.assertEqual(page.evaluate("document.cookie"), "")
        self.assertEqual(page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length"), 0)
        self.assertNotIn(secret, page.evaluate("document.referrer"))
        page.go_back()
        self.assertNotIn(secret, page.url, "the history")
        session = page.context.cookies()[0]
        self.assertTrue(session["httpOnly"])
        self.assertEqual(session["sameSite"], "Lax")
        self.assertNotIn(secret, session["value"])
        self.assertNotIn(session["value"], page.content())

    def test_leaving_ends_the_session_and_the_back_button_shows_nothing(self):
        page = self.enter(self.person())
        page.get_by_role("button", name="Leave").click()
        self.assertIn("You have left", page.inner_text("main"))
        page.go_back()
        page.reload()
        self.assertIn("not signed in", page.inner_text("main"))

    def test_a_revoked_link_ends_its_session_at_once(self):
        link = self.serve.link()
        page = self.enter(self.person(), link)
        self.serve.api("DELETE", "/v1/portal-links/" + link.rsplit("/", 1)[1].split(".")[0])
        answer = self.goto(page, "/portal/health")
        self.assertEqual(answer.status, 401)
        self.assertIn("was revoked", page.inner_text("main"))

    def test_a_double_click_enters_once(self):
        page = self.person()
        page.goto(self.serve.link())
        page.get_by_role("button", name="Continue as").dblclick()
        page.wait_for_url("**/portal/health")

    def test_an_unknown_page_and_a_broken_link_are_pages_too(self):
        page = self.person()
        for path, status in [("/portal/nothing", 404), ("/portal/enter/lnk_x", 404), ("/portal/health", 401)]:
            self.assertEqual(self.goto(page, path).status, status, path)
            self.assertTrue(page.inner_text("h1"))


class ExpiredSession(PortalTest):
    def test_a_session_ends_while_nobody_uses_it(self):
        with tempfile.TemporaryDirectory() as folder:
            first = Serve("--now", "2026-11-20T10:00:00Z", folder=folder + "/af")
            try:
                page = self.person()
                page.goto(first.link())
                page.get_by_role("button", name="Continue as").click()
                page.wait_for_url("**/portal/health")
            finally:
                first.stop()
            later = Serve("--now", "2026-11-20T10:31:30Z", folder=folder + "/af")
            try:
                answer = page.goto(later.url + "/portal/health")
                self.assertEqual(answer.status, 401)
                self.assertIn("This session ended at", page.inner_text("main"))
            finally:
                later.stop()

    def watch(self, page):
        """The two programs of this test have other addresses than the class's."""
