"""Connect: from the link to the first file, and everything that may go wrong on the way."""

import json
import re

from playwright.sync_api import expect

from .world import PortalTest, Serve, lasting_port

# Every form in which a customer may copy the outputs of the stack.
PASTED = {
    "JSON of the AWS CLI": lambda outputs: json.dumps(
        {"Stacks": [{"Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]}]}),
    "table of the console": lambda outputs: "Key\tValue\tDescription\n" + "".join(
        f"{key}\t{value}\tWhat it is\n" for key, value in outputs.items()),
    "output of Terraform": lambda outputs: (
        f'bucket_name = "{outputs["BucketName"]}"\nregion = "{outputs["Region"]}"\nrole_arn = "{outputs["RoleArn"]}"\n'),
    "YAML": lambda outputs: "".join(f"{key}: {value}\n" for key, value in outputs.items()),
}

# Notes each text of the line that says what the check is doing.
WATCH_STATUS = """() => {
  window.said = [];
  new MutationObserver(() => {
    const text = document.getElementById("check-status")?.textContent.trim();
    if (text && window.said.at(-1) !== text) window.said.push(text);
  }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


class Connect:
    """The walk, once with scripts and once without."""

    SCRIPT = None
    tenants = 0

    @classmethod
    def start_serve(cls):
        cls.port = lasting_port()
        return Serve("--now", "2026-11-20T10:40:00Z", folder=cls.folder.name + "/af", port=cls.port)

    def a_tenant(self):
        """A tenant of this test alone, and the bucket that it wants."""
        Connect.tenants += 1
        return f"tenant-{Connect.tenants}", f"tenant-{Connect.tenants}-audit-log"

    def arrive(self, tenant, **of_link):
        return self.enter(self.person(script=self.SCRIPT), tenant=tenant, **of_link)

    def start(self, page):
        """From health to the connect page. Returns the connector's ID."""
        page.get_by_role("link", name="Connect a bucket").click()
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/connect")
        return self.connector_of(page)

    def connector_of(self, page):
        return re.search("/connectors/(con_[0-9a-f]+)", page.url)[1]

    def create_stack(self, page, bucket):
        """Plays the administrator who follows the page's link."""
        link = page.get_by_role("link", name="Open AWS with everything filled in").get_attribute("href")
        return self.serve.create_stack(link, bucket)

    def paste(self, page, text):
        page.get_by_label("The stack's outputs, or the role's ARN").fill(text)
        page.get_by_role("button", name="Read it").click()

    def press(self, page, name):
        page.get_by_role("button", name=name, exact=True).click()

    def connect_by_page(self, page, bucket):
        """Creates the role and fills in what came out."""
        outputs = self.create_stack(page, bucket)
        self.paste(page, json.dumps(outputs))
        expect(page.get_by_label("Role ARN", exact=True)).to_have_value(outputs["RoleArn"])
        return outputs

    def expect_saved(self, page):
        expect(page.get_by_text("Saved, and the check passed. You can activate now.")).to_be_visible()

    def status(self, page):
        return page.locator("#check-status")

    def values(self, page):
        return {name: page.locator("#" + name).input_value() for name in [
            "role", "bucket", "region", "prefix", "kms_key", "reader", "files", "frequency"]}

    def test_from_the_link_to_the_first_file(self):
        tenant, bucket = self.a_tenant()
        page = self.arrive(tenant)
        expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is connected yet.")
        connector = self.start(page)

        # Both are there before anything is saved.
        setup = self.serve.api("GET", f"/v1/connectors/{connector}/setup")
        expect(page.get_by_label("external ID", exact=True)).to_have_text(setup["external_id"])
        self.assertIn(setup["external_id"], page.get_by_role("link", name="Open AWS").get_attribute("href"))
        expect(page.get_by_role("button", name="Activate")).to_be_disabled()

        self.serve.set_obstacle("new-role-delay", seconds=3)
        self.addCleanup(lambda: self.serve.remove_obstacle("new-role-delay"))
        self.connect_by_page(page, bucket)
        page.evaluate(WATCH_STATUS)
        self.press(page, "Verify connectivity")
        expect(self.status(page)).to_contain_text("All checks passed.")
        expect(page.locator("#check-stages li.good")).to_have_count(8)
        if self.SCRIPT:
            said = page.evaluate("window.said")
            self.assertTrue(any(text.startswith("Waiting for IAM") for text in said), said)
            self.assertGreaterEqual(len(set(said)), 3, said)
        self.assertEqual(self.stored(connector)["state"], "draft", "to verify saves nothing")
        self.assertEqual(self.stored(connector).get("destination"), None)

        self.press(page, "Save")
        self.expect_saved(page)
        expect(page.locator(".activate")).to_contain_text("the first file comes at 11:05 UTC: at the next full hour")
        self.press(page, "Activate")
        page.wait_for_url("**/waiting")
        expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for the first file")
        expect(page.locator("[data-waiting]")).to_contain_text("at 11:05 UTC")
        self.file_arrives(page, connector)

        expect(page.get_by_role("heading", level=1)).to_have_text("The first file has arrived")
        expect(page.locator("[data-arrived]")).to_contain_text("none in this time")
        page.get_by_role("link", name="See the file's proof").click()
        page.wait_for_url("**/exports/1")
        [file] = self.serve.files(connector)
        text = page.inner_text("main")
        for said in ["10:4", "11:00", file["sha256"], "Manifest"]:
            self.assertIn(said, text)

        self.goto(page, "/portal/health")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your log arrives.")
        page.get_by_role("button", name="Send now").dblclick()
        expect(page.get_by_text("Requested. A file with everything")).to_be_visible()
        self.until("the second file", lambda: len(self.serve.files(connector)) == 2)
        self.reload_until(page, "2 of 2")

    def file_arrives(self, page, connector):
        """The hour passes. Another program goes on with what the first has stored, at the same address."""
        if self.SCRIPT:
            page.clock.install()
            page.reload()
        else:
            self.assertIn('http-equiv="refresh"', page.content())
        self.serve.stop()
        type(self).serve = Serve("--now", "2026-11-20T11:05:02Z", folder=self.folder.name + "/af", port=self.port)
        self.until("the first file", lambda: any("delivered_at" in file for file in self.serve.files(connector)))
        if self.SCRIPT:
            page.clock.fast_forward(11_000)
        else:
            page.reload()

    def stored(self, connector):
        return self.serve.api("GET", f"/v1/connectors/{connector}")

    def test_whatever_was_copied_is_read(self):
        tenant, bucket = self.a_tenant()
        page = self.arrive(tenant)
        self.start(page)
        outputs = self.create_stack(page, bucket)
        for form, text in PASTED.items():
            with self.subTest(form):
                page.reload()
                self.paste(page, text(outputs))
                expect(page.locator("#role")).to_have_value(outputs["RoleArn"])
                expect(page.locator("#bucket")).to_have_value(bucket)
                expect(page.locator("#region")).to_have_value(outputs["Region"])
        page.reload()
        self.paste(page, outputs["RoleArn"])
        expect(page.get_by_text("Please add: bucket, region.")).to_be_visible()
        self.paste(page, "what is this?")
        expect(page.locator("#paste-error")).to_contain_text("No role, bucket or region was found")
        expect(page.locator("#paste")).to_have_value("what is this?")
        expect(page.locator("#role")).to_have_value(outputs["RoleArn"])

    def test_a_wrong_value_is_said_beside_its_field_and_everything_typed_is_kept(self):
        tenant, bucket = self.a_tenant()
        page = self.arrive(tenant)
        connector = self.start(page)
        self.connect_by_page(page, bucket)
        page.locator("#bucket").fill("Not A Bucket")
        page.locator("#prefix").fill("logs/audit")
        page.locator("#frequency").select_option("6")
        page.locator("#reader").select_option("duckdb")
        typed = self.values(page)
        for button in ["Verify connectivity", "Save"]:
            with self.subTest(button):
                self.press(page, button)
                expect(page.locator("#bucket-error")).to_be_visible()
                expect(page.locator("#bucket")).to_have_attribute("aria-invalid", "true")
                expect(page.locator(".messages").get_by_role("link")).to_have_attribute("href", "#bucket")
                self.assertEqual(self.values(page), typed)
        self.assertEqual(self.stored(connector)["version"], 1)

    def test_a_failed_check_names_the_stage_and_what_to_do_and_the_mended_bucket_passes(self):
        tenant, bucket = self.a_tenant()
        page = self.arrive(tenant)
        self.start(page)
        self.connect_by_page(page, bucket)
        page.locator("#region").fill("us-east-1")
        page.locator("#frequency").select_option("6")
        typed = self.values(page)
        self.press(page, "Verify connectivity")
        expect(self.status(page)).to_contain_text("Stopped at: The bucket is in the region")
        expect(page.locator("#check-stages li.bad")).to_contain_text("What to do")
        self.assertEqual(self.values(page), typed)
        page.locator("#region").fill("eu-central-1")
        self.serve.set_obstacle("deleted-bucket", bucket=bucket)
        self.press(page, "Verify again")
        expect(page.locator("#check-stages li.bad")).to_contain_text(bucket)
        self.serve.remove_obstacle("deleted-bucket")
        self.press(page, "Verify again")
        expect(self.status(page)).to_contain_text("All checks passed.")
        expect(page.locator("#frequency")).to_have_value("6")

    def test_what_was_saved_and_failed_stays_and_says_so(self):
        tenant, bucket = self.a_tenant()
        page = self.arrive(tenant)
        connector = self.start(page)
        self.connect_by_page(page, bucket)
        self.serve.set_obstacle("bucket-policy", bucket=bucket)
        self.press(page, "Save")
        expect(page.locator("#check-stages li.bad")).to_contain_text("olicy")
        self.assertEqual(self.stored(connector)["destination"]["bucket"], bucket)
        expect(page.get_by_role("button", name="Activate")).to_be_disabled()
        self.serve.remove_obstacle("bucket-policy")
        self.press(page, "Verify again")
        expect(page.get_by_role("button", name="Activate")).to_be_enabled()

    def test_what_was_begun_is_found_again_with_a_second_link(self):
        tenant, _ = self.a_tenant()
        page = self.arrive(tenant)
        connector = self.start(page)
        page.locator("#frequency").select_option("12")
        self.press(page, "Save")
        expect(page.get_by_text("Saved. You find this page again under Connectors.")).to_be_visible()
        page.get_by_role("button", name="Leave").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You have left")

        colleague = self.arrive(tenant, name="Eve Moss")
        expect(colleague.locator("main")).to_contain_text("1 connection is begun")
        colleague.get_by_role("link", name="Go on").click()
        colleague.wait_for_url(f"**/{connector}/connect")
        expect(colleague.locator("#frequency")).to_have_value("12")
        self.goto(colleague, "/portal/connectors/new")
        expect(colleague.get_by_text("Go on where you stopped")).to_be_visible()

    def test_double_clicks_and_the_back_button_make_one_connector(self):
        tenant, bucket = self.a_tenant()
        page = self.person(script=self.SCRIPT)
        page.goto(self.serve.link(tenant=tenant))
        page.get_by_role("button", name="Continue as").dblclick()
        page.wait_for_url("**/portal/health")
        page.get_by_role("link", name="Connect a bucket").dblclick()
        page.wait_for_url("**/portal/connectors/new")
        page.get_by_role("button", name="Start").dblclick()
        page.wait_for_url("**/connect")
        connector = self.connector_of(page)
        page.go_back()
        page.wait_for_url("**/portal/connectors/new")
        page.get_by_role("link", name="Go on").click()
        page.wait_for_url(f"**/{connector}/connect")
        outputs = self.create_stack(page, bucket)
        page.locator("#paste").fill(json.dumps(outputs))
        page.get_by_role("button", name="Read it").dblclick()
        expect(page.locator("#role")).to_have_value(outputs["RoleArn"])
        page.get_by_role("button", name="Verify connectivity").dblclick()
        expect(self.status(page)).to_contain_text("All checks passed.")
        page.get_by_role("button", name="Save", exact=True).dblclick()
        self.expect_saved(page)
        self.back(page)
        self.goto(page, f"/portal/connectors/{connector}/connect")
        page.get_by_role("button", name="Activate", exact=True).dblclick()
        page.wait_for_url("**/waiting")
        expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for the first file")
        # The form of before leads to where the connector is now.
        self.back(page)
        page.wait_for_url("**/waiting")
        self.goto(page, f"/portal/connectors/{connector}/connect")
        page.wait_for_url("**/waiting")
        self.assertEqual([one["id"] for one in self.serve.connectors(tenant)], [connector])
        verbs = [change["what"] for change in self.serve.api("GET", f"/v1/connectors/{connector}/changes")["changes"]]
        self.assertEqual([verbs.count("create"), verbs.count("activate")], [1, 1], verbs)

    def test_the_second_of_two_windows_is_told_who_changed_what_and_loses_nothing(self):
        tenant, bucket = self.a_tenant()
        first = self.arrive(tenant, name="Dana Ruiz")
        connector = self.start(first)
        second = self.arrive(tenant, name="Eve Moss")
        self.goto(second, f"/portal/connectors/{connector}/connect")

        outputs = self.connect_by_page(first, bucket)
        first.locator("#prefix").fill("auditferry/dana")
        self.press(first, "Save")
        self.expect_saved(first)

        self.paste(second, json.dumps(outputs))
        expect(second.locator("#role")).to_have_value(outputs["RoleArn"])
        second.locator("#prefix").fill("auditferry/eve")
        second.locator("#frequency").select_option("6")
        typed = self.values(second)
        self.press(second, "Save")
        notice = second.get_by_role("alert")
        expect(notice).to_contain_text(re.compile("Changed by Dana Ruiz at Nov 20, 1[01]:"))
        expect(notice.get_by_role("row", name="Folder")).to_have_text(re.compile("Folder\\s*auditferry/dana\\s*auditferry/eve"))
        self.assertEqual(self.values(second), typed)
        self.assertEqual(self.stored(connector)["destination"]["prefix"], "auditferry/dana", "nothing is overwritten unasked")

        notice.get_by_role("button", name="Save mine over it").click()
        self.expect_saved(second)
        stored = self.stored(connector)
        self.assertEqual((stored["destination"]["prefix"], stored["frequency"]), ("auditferry/eve", 6))


class ConnectWithScript(Connect, PortalTest):
    SCRIPT = True

    def test_what_is_pasted_is_read_at_once(self):
        tenant, bucket = self.a_tenant()
        page = self.arrive(tenant)
        self.start(page)
        outputs = self.create_stack(page, bucket)
        page.locator("#paste").fill(PASTED["YAML"](outputs))
        page.locator("#paste").dispatch_event("paste")
        expect(page.locator("#role")).to_have_value(outputs["RoleArn"])

    def test_a_session_that_ended_meanwhile_loses_nothing_that_was_typed(self):
        tenant, bucket = self.a_tenant()
        link = self.serve.link(tenant=tenant)
        page = self.enter(self.person(), link)
        connector = self.start(page)
        self.connect_by_page(page, bucket)
        page.locator("#frequency").select_option("6")
        typed = self.values(page)
        self.serve.api("DELETE", "/v1/portal-links/" + link.rsplit("/", 1)[1].split(".")[0])
        self.press(page, "Save")
        expect(self.status(page)).to_contain_text("was revoked")
        self.assertEqual(self.values(page), typed)
        # The same page can be sent with the session of a new link, which was opened in another window.
        self.enter(page.context.new_page(), tenant=tenant)
        self.press(page, "Save")
        self.expect_saved(page)
        self.assertEqual(self.stored(connector)["frequency"], 6)

    def test_requests_at_the_same_moment_count_once(self):
        tenant, bucket = self.a_tenant()
        page = self.arrive(tenant)
        self.goto(page, "/portal/connectors/new")
        begun = self.submit_twice(page, "main form", None)
        self.assertEqual(len(set(begun)), 1, begun)
        page.goto(begun[0])
        for fill in [lambda: None, lambda: self.connect_by_page(page, bucket)]:
            fill()
            saved = self.submit_twice(page, "#connect", "save")
            self.assertTrue(all("?saved=yes" in url for url in saved), saved)
        page.goto(saved[0])
        activated = self.submit_twice(page, "#connect", "activate")
        self.assertTrue(all(url.endswith("/waiting") for url in activated), activated)
        self.assertEqual(len(self.serve.connectors(tenant)), 1)

    def submit_twice(self, page, form, action):
        """Two requests that are on their way together, as after a double click. Returns where each leads."""
        return page.evaluate("""async ([selector, action]) => {
          const form = document.querySelector(selector);
          const body = new URLSearchParams(new FormData(form));
          if (action) body.set("action", action);
          const send = () => fetch(form.getAttribute("action"), {method: "POST", body});
          return (await Promise.all([send(), send()])).map((answer) => answer.url + (answer.ok ? "" : " " + answer.status));
        }""", [form, action])


class ConnectWithoutScript(Connect, PortalTest):
    SCRIPT = False
