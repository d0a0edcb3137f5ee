"""Looking into the log: from the days of log-ins to one event and its proof, and with a file out again."""

import csv
import re

from playwright.sync_api import expect

from .axe import overflow, problems
from .world import PortalTest

WORST_DAY = "Jun 28"
FIELDS = ["time", "action", "actor", "target", "outcome", "ip"]


class Look:
    """The walks, once with scripts and once without."""

    SCRIPT = None
    OPTIONS = ("--demo",)
    # A click on a download leads to the bucket in which it lies.
    DOWNLOADS = "/auditferry-staging/downloads/"

    def arrive(self, tenant="made-up-co", **options):
        page = self.enter(self.person(script=self.SCRIPT, **options), tenant=tenant)
        page.get_by_role("link", name="Audit log").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
        return page

    def open(self, page, summary):
        page.locator("summary", has_text=summary).click()

    def chart(self, page):
        """The chart's table: for each interval its cells."""
        self.open(page, "As a table")
        return page.get_by_role("region", name="The chart as a table").locator("tbody tr")

    def rows(self, page):
        """The texts of the rows on this page."""
        return [[cell.strip() for cell in row.locator("td").all_inner_texts()] for row in page.locator(".events tbody tr").all()]

    def all_rows(self, page, address):
        """How many rows an address leads to, over all pages."""
        total = 0
        while address:
            text = page.request.get(self.serve.url + address).text()
            table = text.partition('<table class="events">')[2].partition("</table>")[0]
            total += table.partition("<tbody>")[2].count("<tr>")
            following = re.search(r'<a href="([^"]+)" rel="next">', text)
            address = following and following[1].replace("&amp;", "&").partition("#")[0]
        return total

    def test_from_the_days_of_log_ins_to_one_event_and_out_again_with_a_file(self):
        page = self.arrive()
        page.get_by_role("link", name="Daily log-ins").click()
        expect(page.get_by_role("heading", name="Events by day and outcome")).to_be_visible()

        # The worst day, and its failures.
        days = {row.locator("th").inner_text(): row for row in self.chart(page).all()}
        failures = {day: int(row.locator("td").nth(1).inner_text().replace(",", "")) for day, row in days.items()}
        self.assertEqual(max(failures, key=failures.get), WORST_DAY)
        days[WORST_DAY].locator("td").nth(1).get_by_role("link").click()
        expect(page.get_by_role("heading", name=f"failure on {WORST_DAY}")).to_be_visible()
        self.assertEqual({row[4] for row in self.rows(page)}, {"✕ failure"})
        page.get_by_role("link", name="keep only", exact=True).first.click()
        expect(page.get_by_role("textbox", name="Filter", exact=True)).to_have_value(re.compile(r"time:2023-06-28$"))
        expect(page.get_by_role("heading", name="Events by hour and outcome")).to_be_visible()

        # The address that tried, and what it did once it was in.
        page.locator(".facet", has_text="Address").get_by_role("link", name="203.0.113.66", exact=True).click()
        page.locator(".facet", has_text="Outcome").get_by_role("link", name="success", exact=True).click()
        expect(page.locator(".events tbody tr")).to_have_count(1)
        page.locator(".events tbody a").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("user.login")
        proof = page.locator(".proof-card")
        expect(proof).to_contain_text("The file's signed manifest names its hash")
        expect(page.locator(".neighbours").first).to_contain_text("this event")
        part = proof.locator("dd a").first
        number = part.inner_text()
        part.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(number)
        page.go_back()
        page.get_by_role("link", name="All of this address").click()
        expect(page.get_by_role("textbox", name="Filter", exact=True)).to_have_value("ip:203.0.113.66")
        actions = {row[1] for row in self.rows(page)}
        self.assertLessEqual({"user.login", "report.export"}, actions)

        # Saved under a name, found again, changed, and gone.
        self.open(page, "Save it under a name")
        page.get_by_label(re.compile("^Name")).fill("Daily Login Activity")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name="Audit log").click()
        page.get_by_role("link", name="Daily Login Activity").click()
        expect(page.get_by_role("textbox", name="Filter", exact=True)).to_have_value("ip:203.0.113.66")
        address = page.url
        page.get_by_role("link", name="Saved", exact=True).click()
        page.get_by_label("New name of Daily Login Activity").fill("The break-in")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_role("heading", name="The break-in")).to_be_visible()
        page.get_by_role("button", name="Delete The break-in").click()
        expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
        page.get_by_role("link", name="Back to the log").click()
        page.get_by_role("link", name="Who has searched").click()
        expect(page.get_by_role("row").filter(has_text="looked at events").first).to_contain_text("Dana Ruiz")
        self.assertNotIn("203.0.113.66", page.inner_text("main"))
        # Whoever has a session of the tenant may be sent the address.
        self.assertEqual(self.enter(self.person(script=self.SCRIPT), tenant="made-up-co").goto(address).status, 200)

        self.download(page, "/portal/log?filter=action%3Auser.login+time%3A2023-06-28T02%3A00..2023-06-28T02%3A20")

    def download(self, page, address):
        """The CSV has the rows of the screen, in their order."""
        self.goto(page, address)
        shown = self.rows(page)
        self.assertTrue(0 < len(shown) < 50, "one page")
        self.open(page, "Download them")
        page.get_by_role("button", name="Make the file").click()
        expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
        expect(page.locator("dl")).to_contain_text(str(len(shown)))
        with page.expect_download() as started:
            page.get_by_role("link", name="Download csv").click()
        with open(started.value.path(), newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        self.assertEqual(
            [[line[field] for field in FIELDS] for line in lines],
            [[row[0].replace(" ", "T") + "Z", *row[1:4], row[4].removeprefix("✕ "), row[5]] for row in shown])
        self.assertEqual([f"✓ part {line['part']}" for line in lines], [row[6] for row in shown])

    def test_every_number_of_a_chart_leads_to_as_many_rows(self):
        page = self.arrive()
        for query in ["filter=time%3A2023-06-28", "filter=time%3A2023-07-09..&by=category", "filter=category%3Aadministration&by=actor&interval=week"]:
            self.goto(page, "/portal/log?" + query)
            numbers = 0
            for row in self.chart(page).all():
                for cell in row.locator("td").all()[:2]:
                    link = cell.get_by_role("link")
                    if link.count():
                        number = int(link.inner_text().replace(",", ""))
                        found = self.all_rows(page, link.get_attribute("href").partition("#")[0])
                        self.assertEqual(found, number, f"{query}: {row.locator('th').inner_text()}")
                        numbers += 1
            self.assertGreater(numbers, 3, query)

    def test_text_and_form_fill_each_other(self):
        page = self.arrive()
        self.open(page, "Fill in a form instead")
        form = page.get_by_role("form", name="Filter by field")
        form.get_by_label("From").fill("2023-06-28")
        form.get_by_label("To, included").fill("2023-06-28")
        form.get_by_label("Actor").fill("marta.silva*")
        form.get_by_label("Outcome").select_option("failure")
        form.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("textbox", name="Filter", exact=True)).to_have_value("actor:marta.silva* outcome:failure time:2023-06-28")
        self.assertNotEqual(self.rows(page), [])
        page.get_by_role("textbox", name="Filter", exact=True).fill("ip:192.0.2.0/24 -actor:*silva*")
        page.get_by_role("button", name="Search").click()
        self.open(page, "Fill in a form instead")
        expect(form.get_by_label("Address or net")).to_have_value("192.0.2.0/24")
        expect(form.get_by_label("Actor")).to_have_value("")
        # What is wrong is said beside it, and nothing is lost.
        form.get_by_label("Address or net").fill("192.0.2.1/24")
        page.get_by_role("button", name="Apply").click()
        expect(form.get_by_label("Address or net")).to_have_value("192.0.2.1/24")
        expect(page.locator("#e-ip")).to_contain_text("192.0.2.0/24")
        page.get_by_role("textbox", name="Filter", exact=True).fill("acton:login")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("#filter-error")).to_contain_text("action")
        expect(page.get_by_role("textbox", name="Filter", exact=True)).to_have_value("acton:login")

    def test_a_value_or_an_hour_is_excluded_and_a_place_becomes_a_column(self):
        page = self.arrive()
        self.goto(page, "/portal/log?filter=time%3A2023-06-28+action%3Auser.login")
        page.get_by_role("link", name="Exclude failure").click()
        expect(page.get_by_role("textbox", name="Filter", exact=True)).to_have_value(re.compile("-outcome:failure"))
        self.assertNotIn("✕ failure", {row[4] for row in self.rows(page)})
        hour = self.chart(page).filter(has=self_link(page)).first
        hour.get_by_role("link", name="exclude").click()
        expect(page.get_by_role("textbox", name="Filter", exact=True)).to_have_value(re.compile("-time:"))
        page.locator(".events tbody a").first.click()
        self.open(page, "Every place in it")
        page.get_by_role("link", name=re.compile("as a column.*context.user_agent")).click()
        expect(page.get_by_role("columnheader", name="/context/user_agent")).to_be_visible()
        self.open(page, "Choose the columns")
        page.get_by_role("checkbox", name="Session").check()
        page.get_by_role("button", name="Show them").click()
        expect(page.get_by_role("columnheader", name="Session")).to_be_visible()

    def test_an_empty_log_and_a_foreign_one(self):
        page = self.arrive("quiet-co")
        expect(page.locator("#rows")).to_contain_text("Nothing has happened yet.")
        expect(page.locator("figcaption")).to_contain_text("all signed")
        connector = self.serve.connectors("made-up-co")[0]["id"]
        self.assertEqual(self.goto(page, f"/portal/log?connector={connector}").status, 404)
        page = self.enter(self.person(script=self.SCRIPT), tenant="made-up-co", abilities=["view"])
        expect(page.get_by_role("link", name="Audit log")).to_have_count(0)
        self.assertEqual(self.goto(page, "/portal/log").status, 403)


def self_link(page):
    """A cell with a number."""
    return page.locator("td.number a")


class LookWithScripts(Look, PortalTest):
    SCRIPT = True

    def test_the_walk_by_keyboard(self):
        page = self.arrive()
        page.get_by_role("textbox", name="Filter", exact=True).focus()
        page.keyboard.type("action:user.login time:2023-06-28")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Events by hour and outcome")).to_be_visible()
        page.locator("summary", has_text="As a table").focus()
        page.keyboard.press("Enter")
        self.press_until(page, "keep only")
        page.keyboard.press("Enter")
        expect(page.get_by_role("textbox", name="Filter", exact=True)).to_have_value(re.compile("time:2023-06-28T"))
        for path in ["/portal/log", "/portal/log?filter=time%3A2023-06-28&at=2023-06-28T02%3A00%3A00Z&of=failure", "/portal/log/saved"]:
            self.goto(page, path)
            left_out = page.evaluate("""() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
                .filter((node) => node.checkVisibility() && node.tabIndex < 0 && !node.closest('svg'))
                .map((node) => node.outerHTML.slice(0, 120))""")
            self.assertEqual(left_out, [], path)

    def press_until(self, page, text, presses=80):
        for _ in range(presses):
            page.keyboard.press("Tab")
            if (page.evaluate("document.activeElement.textContent") or "").strip().startswith(text):
                return
        self.fail(f"{text} is not reached by keyboard")

    def test_a_point_of_the_chart_selects_its_rows(self):
        page = self.arrive()
        self.goto(page, "/portal/log?filter=action%3Auser.login")
        point = f"//*[local-name()='a'][*[local-name()='title'][starts-with(., '{WORST_DAY}: ') and contains(., ' failure')]]/*[local-name()='circle']"
        page.locator(point).click()
        expect(page.get_by_role("heading", name=f"failure on {WORST_DAY}")).to_be_visible()
        expect(page.locator(".selection")).to_contain_text(f"{WORST_DAY} is selected")

    def test_every_page_in_every_view(self):
        connector = self.serve.connectors("made-up-co")[0]["id"]
        events = self.serve.api("GET", "/v1/tenants/made-up-co/events?limit=1&filter=time%3A2023-06-28")["rows"]
        event = f"connector={connector}&time={events[0]['time']}&place={events[0]['proof']['part']}.{events[0]['proof']['position']}"
        paths = [
            "/portal/log?tenant=made-up-co",
            "/portal/log?tenant=acme&by=actor",
            "/portal/log?tenant=quiet-co",
            "/portal/log?tenant=made-up-co&filter=acton:x",
            "/portal/log?tenant=made-up-co&filter=time%3A2023-06-28&refine=1&ip=1/2&from=2023-06-28&to=2023-06-28",
            "/portal/log?tenant=made-up-co&filter=time%3A2023-06-28&at=2023-06-28T02%3A00%3A00Z&of=failure",
            f"/portal/log/event?tenant=made-up-co&{event}",
            "/portal/log/saved?tenant=made-up-co",
            "/portal/log/searches?tenant=made-up-co",
        ]
        for width in [320, 768, 1440]:
            for scheme in ["light", "dark"]:
                page = self.operator(width=width, scheme=scheme)
                for path in paths:
                    with self.subTest(path=path, width=width, scheme=scheme):
                        self.assertEqual(self.goto(page, path).status, 200)
                        for summary in page.locator("main summary").all():
                            summary.click()
                        self.assertEqual(problems(page), [])
                        self.assertLessEqual(overflow(page), 0, "wider than the window")


class LookWithoutScripts(Look, PortalTest):
    SCRIPT = False
