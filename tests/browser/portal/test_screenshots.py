"""The pictures in README.md and infra/README.md. Each page is checked before it is a picture; the pictures are stored only
by `tests/browser/run screenshots`."""

import json

from playwright.sync_api import expect

from .axe import overflow, problems
from .world import PortalTest, images


class Screenshots(PortalTest):
    OPTIONS = ("--demo",)

    def picture(self, page, name, height=None):
        """The whole page, or this much of it."""
        page.mouse.move(0, 0)
        self.assertEqual(problems(page), [], name)
        self.assertLessEqual(overflow(page), 0, name)
        page.evaluate("scrollTo(0, 0)")
        if images():
            clip = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height} if height else None
            page.screenshot(path=images() / f"{name}.png", full_page=True, clip=clip)

    def test_health_of_a_tenant_whose_log_arrives(self):
        page = self.enter(self.person(width=1120), tenant="acme")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your log arrives.")
        self.picture(page, "portal-health")

    def test_health_of_a_tenant_whose_bucket_is_gone(self):
        page = self.enter(self.person(width=1120), tenant="gone-inc")
        expect(page.get_by_role("button", name="Try again now")).to_be_visible()
        self.picture(page, "portal-blocked")

    def test_the_log_of_a_tenant(self):
        page = self.enter(self.person(width=1120), tenant="made-up-co")
        self.goto(page, "/portal/log?filter=action%3Auser.login")
        expect(page.locator(".peak")).to_be_visible()
        self.picture(page, "portal-log", 1120)

    def test_the_connection_of_a_bucket(self):
        page = self.enter(self.person(width=1120), tenant="new-co", name="Dana Ruiz")
        page.get_by_role("link", name="Connect a bucket").click()
        page.get_by_role("button", name="Start").click()
        link = page.get_by_role("link", name="Open AWS with everything filled in").get_attribute("href")
        outputs = self.serve.create_stack(link, "new-co-audit-log")
        page.get_by_label("The stack's outputs, or the role's ARN").fill(json.dumps(outputs))
        page.get_by_role("button", name="Read it").click()
        expect(page.get_by_label("Role ARN", exact=True)).to_have_value(outputs["RoleArn"])
        page.get_by_role("button", name="Verify connectivity").click()
        expect(page.get_by_role("button", name="Verify again")).to_be_enabled()
        self.picture(page, "portal-connect")

    def test_an_operator_sees_all_tenants(self):
        page = self.operator(width=1120)
        expect(page.get_by_text("4 connectors")).to_be_visible()
        self.picture(page, "portal-operators")
