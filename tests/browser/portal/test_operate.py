"""Operating an export: a block and its repair, pause, rotation, contacts, settings, the end of a connector; its files;
and who has access."""

import re

from playwright.sync_api import expect

from .world import PortalTest, Serve

# Between two full hours, so that a file on request always has a time to cover.
NOW = "2026-11-20T10:30:00Z"


class Operate:
    """The walks, once with scripts and once without."""

    SCRIPT = None
    tenants = 0

    @classmethod
    def start_serve(cls):
        return Serve("--now", NOW)

    def exporting(self, **others):
        """A connector of a tenant of this test alone, and a page of its person, who may do everything."""
        Operate.tenants += 1
        self.tenant = f"company-{Operate.tenants}"
        self.bucket = self.tenant + "-audit-log"
        self.connector = self.serve.active_connector(self.tenant, self.bucket, **others)
        return self.arrive()

    def arrive(self, **of_link):
        return self.enter(self.person(script=self.SCRIPT), tenant=self.tenant, **of_link)

    def with_files(self, since="2026-11-20T07:30:00Z", number=3):
        page = self.exporting(start_from=since)
        self.until("the files", lambda: self.delivered() == number)
        return page

    def delivered(self):
        return sum("delivered_at" in file for file in self.serve.files(self.connector))

    def open(self, page, path=""):
        return self.goto(page, f"/portal/connectors/{self.connector}{path}")

    def press(self, page, name):
        page.get_by_role("button", name=name, exact=True).click()

    def stored(self):
        return self.serve.api("GET", "/v1/connectors/" + self.connector)

    def verbs(self):
        changes = self.serve.api("GET", f"/v1/connectors/{self.connector}/changes")["changes"]
        return [change["what"] for change in changes]

    def headline(self, page):
        return page.get_by_role("heading", level=1)

    def test_a_block_says_what_to_do_and_once_that_is_done_the_file_comes(self):
        page = self.with_files()
        for obstacle, said in [("bucket-policy", "policy"), ("deleted-bucket", "bucket")]:
            with self.subTest(obstacle):
                self.serve.set_obstacle(obstacle, bucket=self.bucket)
                self.goto(page, "/portal/health")
                self.press(page, "Send now")
                expect(page.get_by_text("Requested. A file with everything")).to_be_visible()
                self.reload_until(page, "Next automatic try")
                self.goto(page, "/portal/health")
                expect(self.headline(page)).to_have_text("Your log does not arrive: your bucket refuses it.")
                block = page.locator(".block")
                expect(block).to_contain_text(said)
                expect(page.locator(".head")).to_contain_text("Nothing is lost. 1 file waits")
                self.assertEqual(page.get_by_role("button", name="Send now").count(), 0)
                page.get_by_role("link", name="1 file", exact=True).click()
                expect(page.locator("tbody tr")).to_have_count(1)
                expect(page.locator("tbody tr")).to_contain_text("waits")

                self.serve.remove_obstacle(obstacle)
                self.goto(page, "/portal/health")
                page.get_by_role("button", name="Try again now").dblclick()
                expect(page.get_by_text("The next attempt begins within minutes.")).to_be_visible()
                self.reload_until(page, "healthy")
                self.goto(page, "/portal/health")
                expect(self.headline(page)).to_have_text("Your log arrives.")

    def test_pause_and_resume(self):
        page = self.with_files()
        self.open(page)
        page.get_by_role("button", name="Pause").dblclick()
        expect(page.get_by_text("Paused. Events are still sealed")).to_be_visible()
        expect(self.headline(page)).to_contain_text("paused")
        self.assertEqual(page.get_by_role("button", name="Send now").count(), 0)
        self.goto(page, "/portal/health")
        expect(self.headline(page)).to_have_text("Your log does not arrive: delivery is paused.")

        self.serve.set_obstacle("bucket-policy", bucket=self.bucket)
        self.open(page)
        self.press(page, "Resume")
        expect(page.get_by_text("Delivery was not resumed.")).to_be_visible()
        self.serve.remove_obstacle("bucket-policy")
        page.get_by_role("button", name="Check again and resume").dblclick()
        expect(page.get_by_text("Resumed. The connection check has passed")).to_be_visible()
        expect(self.headline(page)).to_contain_text("healthy")
        self.assertEqual(self.verbs().count("pause"), 1)
        # The back button leads to a page of before, whose button repeats nothing.
        self.goto(page, "/portal/health")
        self.back(page)
        self.assertEqual(self.stored()["state"], "active")

    def test_a_rotation_needs_the_role_and_never_stops_delivery(self):
        page = self.with_files()
        setup = self.serve.api("GET", f"/v1/connectors/{self.connector}/setup")
        self.open(page, "/rotate")
        page.get_by_role("button", name="Make a new external ID").dblclick()
        expect(page.get_by_text("There is a new external ID.")).to_be_visible()
        new = page.get_by_label("new external ID").inner_text()
        self.assertNotEqual(new, setup["external_id"])
        expect(page.get_by_label("current external ID")).to_have_text(setup["external_id"])
        expect(page.get_by_label("trust policy statement")).to_contain_text(new)
        self.assertEqual(self.verbs().count("rotate_external_id"), 1, "a double click makes one")

        self.press(page, "Check now")
        expect(page.get_by_text("The role still takes only the former external ID.")).to_be_visible()
        self.open(page)
        self.press(page, "Send now")
        expect(page.get_by_text("Requested. A file with everything")).to_be_visible()
        self.reload_until(page, "4 of 4")

        link = self.serve.api("GET", f"/v1/connectors/{self.connector}/setup")["quick_create_url"]
        self.assertIn(new, link)
        self.serve.create_stack(link, self.bucket, creates_bucket=False)
        self.open(page, "/rotate")
        page.get_by_role("button", name="Check now").dblclick()
        expect(page.get_by_text("The rotation is complete.")).to_be_visible()
        expect(page.get_by_label("current external ID")).to_have_text(new)

    def test_contacts_say_how_each_stands_and_get_a_test(self):
        page = self.with_files()
        self.open(page, "/contacts")
        page.get_by_label("Address 1").fill("not an address")
        page.get_by_label("Address 2").fill("soc@acme.example")
        self.press(page, "Save")
        expect(page.locator("#email-1-error")).to_be_visible()
        expect(page.get_by_label("Address 1")).to_have_value("not an address")
        expect(page.get_by_label("Address 2")).to_have_value("soc@acme.example")
        page.get_by_label("Address 1").fill("it@acme.example")
        page.get_by_role("button", name="Save", exact=True).dblclick()
        expect(page.get_by_text("What each address still needs stands beside it.")).to_be_visible()
        people = page.locator(".people li")
        expect(people).to_have_count(2)
        expect(people.first).to_contain_text(re.compile("not confirmed|mail on its way|asked"))
        expect(page.get_by_text("Nobody would get a test yet")).to_be_visible()

        operator = self.operator(script=self.SCRIPT)
        self.open(operator, "/contacts")
        operator.get_by_role("button", name="Confirm by contract soc@acme.example").click()
        expect(operator.get_by_text("The address is confirmed by contract.")).to_be_visible()
        self.open(page, "/contacts")
        soc = people.filter(has_text="soc@acme.example")
        expect(soc).to_contain_text("confirmed")
        expect(soc).to_contain_text("The vendor has it by contract")
        page.get_by_role("button", name="Send a test").dblclick()
        expect(page.get_by_text("A test is on its way")).to_be_visible()
        expect(page.get_by_text("Last tested")).to_be_visible()

    def test_the_secret_of_a_webhook_is_shown_once(self):
        page = self.exporting()
        self.open(page, "/contacts")
        page.get_by_label("Webhook", exact=True).fill("https://hooks.acme.example/audit")
        self.press(page, "Save")
        first = page.get_by_label("secret", exact=True).inner_text()
        self.assertTrue(first.startswith("whsec_"), "the form of Standard Webhooks")
        page.get_by_role("link", name="I have copied it").click()
        self.assertNotIn(first, page.content())
        self.press(page, "Make a new secret")
        self.assertNotEqual(page.get_by_label("secret", exact=True).inner_text(), first)

    def test_settings_of_two_people_are_never_overwritten_unseen(self):
        dana = self.exporting()
        eve = self.arrive(name="Eve Moss")
        self.open(dana, "/settings")
        self.open(eve, "/settings")
        dana.get_by_label("A file every").select_option("6")
        dana.get_by_role("button", name="Save", exact=True).dblclick()
        self.until("the saved settings", lambda: self.stored()["frequency"] == 6)

        eve.get_by_label("A file every").select_option("12")
        eve.get_by_label("Compression").select_option("zstd")
        self.press(eve, "Save")
        expect(eve.get_by_role("alert")).to_contain_text(re.compile("Changed by Dana Ruiz at Nov 20, 10:3"))
        expect(eve.get_by_role("row", name="A file every")).to_have_text(re.compile(r"6 h\s*12 h"))
        expect(eve.get_by_label("A file every", exact=False).last).to_have_value("12")
        expect(eve.get_by_label("Compression").last).to_have_value("zstd")
        self.assertEqual(self.stored()["frequency"], 6)
        self.press(eve, "Save mine")
        expect(eve.get_by_text("Saved. Each change takes effect")).to_be_visible()
        self.assertEqual((self.stored()["frequency"], self.stored()["encoding"]["compression"]), (12, "zstd"))
        self.open(eve, "/changes")
        for said in ["Dana Ruiz changed settings", "Eve Moss changed settings"]:
            expect(eve.get_by_text(said)).to_be_visible()

    def test_a_double_click_on_save_is_no_conflict_with_oneself(self):
        page = self.exporting()
        self.open(page, "/settings")
        page.get_by_label("A file every").select_option("6")
        page.get_by_role("button", name="Save", exact=True).dblclick()
        expect(page.get_by_text("Saved. Each change").or_(page.get_by_text("Nothing was changed."))).to_be_visible()
        self.assertEqual(self.verbs().count("update"), 2, "one by the API for the destination, one by the page")

    def test_disabled_all_comes_back_and_deleted_nothing_does(self):
        page = self.with_files()
        self.open(page, "/delete")
        expect(page.get_by_text("Disable it first")).to_be_visible()
        page.locator("main").get_by_role("link", name="Disable", exact=True).click()
        expect(page.get_by_text("No new file comes")).to_be_visible()
        expect(page.get_by_text("What is kept")).to_be_visible()
        expect(page.get_by_text("until Dec 20, 10:3")).to_be_visible()
        page.get_by_role("button", name="Disable this connector").dblclick()
        expect(page.get_by_text("Disabled. Nothing is read or delivered.")).to_be_visible()
        self.goto(page, "/portal/health")
        expect(self.headline(page)).to_have_text("Your log does not arrive: nothing is enabled.")

        self.open(page)
        page.get_by_role("button", name="Enable", exact=True).dblclick()
        expect(page.get_by_text("Enabled, with everything as it was.")).to_be_visible()
        self.press(page, "Resume")
        expect(page.get_by_text("Resumed. The connection check has passed")).to_be_visible()
        self.until("the export goes on", lambda: self.delivered() > 3)

        self.open(page, "/disable")
        self.press(page, "Disable this connector")
        self.open(page, "/delete")
        expect(page.get_by_text("are not exported by this connector")).to_be_visible()
        self.press(page, "Delete this connector")
        expect(page.locator("#confirm-error")).to_be_visible()
        expect(page.locator("#accept_loss-error")).to_be_visible()
        self.assertEqual(self.stored()["state"], "disabled")
        page.get_by_label("I accept that this is lost.").check()
        page.get_by_label("To confirm, type").fill(self.bucket)
        page.get_by_role("button", name="Delete this connector").dblclick()
        expect(page.get_by_text("Deleted. The role and the folder are free")).to_be_visible()
        self.assertEqual(self.stored()["state"], "deleted")
        self.back(page)
        self.goto(page, "/portal/health")
        expect(self.headline(page)).to_have_text("Nothing is connected yet.")

    def test_files_are_found_by_content_and_date_and_each_has_its_page(self):
        page = self.with_files(since="2026-11-19T21:30:00Z", number=13)
        self.open(page, "/exports")
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(13)
        page.get_by_label("Show", exact=True).select_option("events")
        page.get_by_label("From").fill("2026-11-19")
        self.press(page, "Show")
        expect(page.get_by_text("No such file.")).to_be_visible()
        page.get_by_label("Show", exact=True).select_option("quiet")
        page.get_by_label("To, included").fill("2026-11-19")
        self.press(page, "Show")
        expect(rows).to_have_count(3)
        expect(page.get_by_label("From")).to_have_value("2026-11-19")
        page.get_by_role("link", name="Show all").click()
        expect(rows).to_have_count(13)

        rows.first.get_by_role("link").click()
        page.wait_for_url("**/exports/13")
        newest = self.serve.files(self.connector)[0]
        for said in [newest["sha256"], "09:00 to 10:00", "delivered", "none: it is quiet"]:
            expect(page.locator("main")).to_contain_text(said)
        expect(page.get_by_label("command for the hash")).to_contain_text(f"aws s3 cp 's3://{self.bucket}/auditferry/")
        expect(page.get_by_label("Manifest")).to_contain_text("sha256")
        self.assertEqual(page.get_by_role("link", name="File after").count(), 0)
        page.get_by_role("link", name="File before").click()
        page.wait_for_url("**/exports/12")
        page.get_by_role("link", name="File after").click()
        page.wait_for_url("**/exports/13")
        self.assertEqual(self.open(page, "/exports/14").status, 404)

    def test_a_link_is_handed_on_by_the_connect_page_and_ends_with_its_own(self):
        page = self.exporting()
        begun = self.serve.api("POST", "/v1/connectors", {"tenant": self.tenant})["id"]
        self.goto(page, f"/portal/connectors/{begun}/connect")
        page.get_by_role("link", name="send this to your AWS administrator").click()
        page.wait_for_url("**/portal/invite?abilities=set-up")
        expect(page.get_by_label("connect a bucket")).to_be_checked()
        expect(page.get_by_label("change, pause and delete exports")).not_to_be_checked()
        self.press(page, "Make the link")
        expect(page.locator("#addressee-error")).to_be_visible()
        expect(page.get_by_label("connect a bucket")).to_be_checked()
        url = self.hand_on(page, "Kim Admin")

        colleague = self.person(script=self.SCRIPT)
        colleague.goto(url)
        expect(colleague.locator("main")).to_contain_text("Dana Ruiz")
        self.enter(colleague, url)
        self.assertEqual(self.goto(colleague, f"/portal/connectors/{begun}/connect").status, 200)
        for path in ["settings", "rotate", "delete", "contacts"]:
            self.assertEqual(self.open(colleague, "/" + path).status, 403, path)
        self.assertEqual(self.goto(colleague, "/portal/invite").status, 403, "it can't be handed on again")
        self.open(colleague)
        self.assertEqual(colleague.get_by_role("button", name="Pause").count(), 0)

        # Everyone sees who has access, and whoever has handed a link on takes it back.
        self.goto(page, "/portal/access")
        row = page.get_by_role("row", name="Kim Admin")
        expect(row).to_contain_text("handed on by Dana Ruiz")
        expect(row).to_contain_text("in use")
        row.get_by_role("button", name="Revoke").dblclick()
        expect(page.get_by_text("Revoked. The link opens nothing any more")).to_be_visible()
        self.assertEqual(self.goto(colleague, "/portal/health").status, 401)

        # Revoking the own link ends what was handed on by it.
        url = self.hand_on(page, "Lou Admin")
        other = self.enter(self.person(script=self.SCRIPT), url)
        own = next(link for link in self.links() if link["for"] == "Dana Ruiz")
        self.serve.api("DELETE", "/v1/portal-links/" + own["id"])
        for ended in [page, other]:
            self.assertEqual(self.goto(ended, "/portal/health").status, 401)
            expect(ended.locator("main")).to_contain_text("revoked")

    def hand_on(self, page, name):
        self.goto(page, "/portal/invite?abilities=set-up")
        page.get_by_label("For whom").fill(name)
        self.press(page, "Make the link")
        return page.get_by_label("link", exact=True).inner_text()

    def links(self):
        return self.serve.api("GET", "/v1/portal-links?tenant=" + self.tenant)["portal_links"]

    def test_five_links_a_day_are_handed_on(self):
        page = self.exporting()
        for number in range(5):
            self.hand_on(page, f"Colleague {number}")
        self.goto(page, "/portal/invite?abilities=set-up")
        page.get_by_label("For whom").fill("One too many")
        self.press(page, "Make the link")
        expect(page.locator(".notice.bad")).to_be_visible()
        expect(page.get_by_label("For whom")).to_have_value("One too many")
        self.assertEqual(len(self.links()), 6, "the own link and five")


class OperateWithScript(Operate, PortalTest):
    SCRIPT = True


class OperateWithoutScript(Operate, PortalTest):
    SCRIPT = False
