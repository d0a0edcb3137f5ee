"""What the vendor's operators see and do: all tenants, one tenant's pages, links."""

from playwright.sync_api import expect

from .world import PortalTest, Serve


class Operators:
    """The walks, once with scripts and once without."""

    SCRIPT = None

    @classmethod
    def start_serve(cls):
        serve = Serve("--now", "2026-11-20T10:30:00Z")
        cls.connectors_of = {
            tenant: serve.active_connector(tenant, tenant + "-audit-log", start_from="2026-11-20T08:30:00Z")
            for tenant in ["acme", "globex", "initech"]
        }
        return serve

    def arrive(self, tenant, **of_link):
        return self.enter(self.person(script=self.SCRIPT), tenant=tenant, **of_link)

    def arrive_as_operator(self):
        return self.operator(script=self.SCRIPT)

    def find(self, page, text):
        page.get_by_role("searchbox").fill(text)
        page.get_by_role("button", name="Find").click()
        page.wait_for_url(lambda url: "q=" in url)

    def test_a_connector_is_found_by_tenant_id_and_bucket(self):
        page = self.arrive_as_operator()
        rows = page.locator("tbody tr")
        for tenant in self.connectors_of:
            expect(rows.filter(has_text=tenant + "-audit-log")).to_have_count(1)
        connector = self.connectors_of["globex"]
        for text in ["globex", "GLOBEX-AUDIT", connector]:
            with self.subTest(text):
                self.find(page, text)
                expect(rows).to_have_count(1)
                expect(rows).to_contain_text(connector)
                expect(page.get_by_role("searchbox")).to_have_value(text)
        self.find(page, "<b>nobody</b>")
        expect(page.get_by_text("no tenant or bucket contains <b>nobody</b>")).to_be_visible()
        page.get_by_role("link", name="Show all").click()
        page.wait_for_url("**/portal/operators")
        expect(rows.filter(has_text="globex-audit-log")).to_have_count(1)

    def test_those_in_trouble_come_first(self):
        bucket = "initech-audit-log"
        self.serve.set_obstacle("bucket-policy", bucket=bucket)
        self.addCleanup(lambda: self.serve.remove_obstacle("bucket-policy"))
        self.serve.api("POST", f"/v1/connectors/{self.connectors_of['initech']}/run")
        page = self.arrive_as_operator()
        self.reload_until(page, "1 blocked")
        first = page.locator("tbody tr").first
        expect(first).to_contain_text("initech")
        expect(first).to_contain_text("blocked since")

    def test_a_tenant_is_seen_as_it_sees_itself_and_sees_the_visit(self):
        tenant = self.arrive("acme")
        self.goto(tenant, "/portal/access")
        visits = tenant.get_by_role("heading", name="Visits").locator("..").get_by_role("listitem")
        before = visits.count()

        page = self.arrive_as_operator()
        page.get_by_role("row", name="acme-audit-log").get_by_role("link", name="acme", exact=True).click()
        page.wait_for_url("**/portal/health?tenant=acme")
        expect(page.locator(".visit")).to_contain_text("You see what acme sees. Your visit is recorded")
        self.goto(tenant, "/portal/health")
        for heading in [1, 2]:
            self.assertEqual(page.get_by_role("heading", level=heading).all_inner_texts(),
                             tenant.get_by_role("heading", level=heading).all_inner_texts())
        # Each page of the tenant leads to another of the same one.
        for section in ["Connectors", "Changes", "Proof", "Health"]:
            page.get_by_label("Sections").get_by_role("link", name=section).click()
            page.wait_for_url(f"**/portal/{section.lower()}?tenant=acme")
            expect(page.locator(".visit")).to_contain_text("acme")

        self.goto(tenant, "/portal/access")
        expect(visits).to_have_count(before + 1)
        expect(visits.first).to_contain_text("an operator of the vendor")
        self.goto(tenant, "/portal/changes")
        expect(tenant.get_by_text("Vendor looked at these pages").first).to_be_visible()

    def test_a_link_is_made_used_and_revoked(self):
        page = self.arrive_as_operator()
        self.goto(page, "/portal/operators/links?tenant=globex")
        page.get_by_label("For whom").fill("Ann Lee")
        page.get_by_label("search the log").uncheck()
        page.get_by_label("Valid for how many hours").fill("1000")
        page.get_by_role("button", name="Make the link").click()
        expect(page.locator("#hours-error")).to_be_visible()
        expect(page.get_by_label("For whom")).to_have_value("Ann Lee")
        expect(page.get_by_label("search the log")).not_to_be_checked()
        page.get_by_label("Valid for how many hours").fill("24")
        page.get_by_role("button", name="Make the link").click()
        url = page.get_by_label("link", exact=True).inner_text()
        page.get_by_role("link", name="I have copied it").click()
        self.assertNotIn(url.rsplit(".", 1)[1], page.content(), "it is shown once")
        line = page.locator(".people li").filter(has_text="Ann Lee")
        expect(line).to_contain_text("not used yet")

        ann = self.enter(self.person(script=self.SCRIPT), url)
        expect(ann.get_by_role("banner")).to_contain_text("globex")
        page.reload()
        expect(line).to_contain_text("in use")
        line.get_by_role("button", name="Revoke").dblclick()
        expect(page.get_by_text("Revoked. The link opens nothing any more")).to_be_visible()
        expect(line).to_contain_text("revoked")
        self.assertEqual(self.goto(ann, "/portal/health").status, 401)

    def test_all_links_of_a_tenant_are_revoked_at_once(self):
        people = [self.arrive("initech", name=name) for name in ["Bo", "Cy"]]
        other = self.arrive("globex")
        page = self.arrive_as_operator()
        page.get_by_role("link", name="Links").click()
        page.get_by_role("searchbox").fill("initech")
        page.get_by_role("button", name="Show").click()
        page.get_by_text("Revoke all links of this tenant").click()
        page.get_by_role("button", name="Revoke all").click()
        expect(page.get_by_text("All links are revoked")).to_be_visible()
        for person in people:
            self.assertEqual(self.goto(person, "/portal/health").status, 401)
        self.assertEqual(self.goto(other, "/portal/health").status, 200)

    def test_for_a_tenants_person_the_operators_pages_and_other_tenants_do_not_exist(self):
        page = self.arrive("acme")
        for path in ["/portal/operators", "/portal/operators/links", "/portal/operators/links?tenant=globex",
                     "/portal/connectors/" + self.connectors_of["globex"]]:
            with self.subTest(path):
                self.assertEqual(self.goto(page, path).status, 404)
                self.assertNotIn("globex", page.inner_text("main"))
        self.goto(page, "/portal/health?tenant=globex")
        self.assertNotIn("globex", page.inner_text("main"))


class OperatorsWithScript(Operators, PortalTest):
    SCRIPT = True


class OperatorsWithoutScript(Operators, PortalTest):
    SCRIPT = False
