"""The organiser's page: an event from nothing to its sale, two who edit one, and what the token opens."""

import time
import unittest

from shop import LIMIT, Browser, expect


class Organising(Browser):
    def enter(self, token: str | None = None):
        page = self.visit("/organise")
        page.get_by_label("Admin token").fill(token or self.lab.token)
        page.get_by_role("button", name="Use it").click()
        self.see(page.get_by_role("button", name="New event"))
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def edit(self, page, event: str, name: str):
        """That event's form; its name is its own."""
        page.get_by_role("button", name=name).click()
        expect(page.locator("[id='o-name']")).to_have_value(name, timeout=LIMIT)

    def save(self, page) -> None:
        page.get_by_role("button", name="Save").click()

    def test_an_event_from_nothing_to_its_sale(self):
        page = self.enter()
        page.get_by_role("button", name="New event").click()
        event = f"made-{time.time_ns()}"
        self.save(page)
        self.see(page.locator("#said"), "Some fields are not right")
        for field, text in {
            "id": event,
            "name": f"Yaz konseri {event}",
            "venue": "Açıkhava",
            "starts_at": "2099-06-01T21:00",
            "sale_opens_at": "2098-01-01T10:00",
            "sale_closes_at": "2099-06-01T20:00",
            "categories/0/id": "standing",
            "categories/0/name": "Ayakta",
            "categories/0/price": "2.500,50",
            "categories/0/capacity": "10",
        }.items():
            page.locator(f"[id='o-{field}']").fill(text)
        self.save(page)
        self.see(page.locator("#said"), "Saved.")
        made = self.lab.call("GET", f"/api/v1/events/{event}")[1]
        self.assertEqual(made["categories"][0]["price"], {"amount": 250050, "currency": "TRY"})
        self.assertEqual(made["sale_opens_at"], "2098-01-01T07:00:00Z")  # Istanbul's ten o'clock
        self.assertEqual(made["sale_status"], "scheduled")

        page.get_by_role("button", name="Open the sale now").click()
        self.see(page.get_by_role("button", name="Close the sale now"))
        order = self.lab.buy_until(event, self.lab.has_tickets)["id"]
        live = page.locator("tbody tr", has_text="Ayakta")
        expect(live.locator("td").nth(1)).to_have_text("1", timeout=LIMIT)
        expect(live.locator("td").nth(3)).to_have_text("₺2,500.50", timeout=LIMIT)
        page.get_by_label("Order number").fill(order)
        page.get_by_role("button", name="Look it up").click()
        self.see(page.locator(".facts"), "You’re going!")

        page.get_by_role("button", name="Close the sale now").click()
        self.see(page.locator("#said"), "Saved.")
        self.assertEqual(
            self.lab.buy_until(event, lambda status, _body: status == 409)["type"], "urn:ticketd:problem:sale-closed"
        )
        self.check_clean(page)
        self.check_accessible(page)

    def test_two_who_edit_one_event_see_both_versions(self):
        name = f"Two editors {time.time_ns()}"
        event = self.lab.new_event(name=name)
        page = self.enter()
        self.edit(page, event, name)
        page.locator("[id='o-venue']").fill("Mine")
        self.lab.put_event(event, name=name, venue="Theirs")
        self.save(page)
        row = page.locator("#said tbody tr")
        self.see(row, "Venue")
        self.assertEqual(row.locator("td").all_inner_texts(), ["Mine", "Theirs"])
        self.assertEqual(self.lab.call("GET", f"/api/v1/events/{event}")[1]["venue"], "Theirs")
        self.check_accessible(page)
        page.get_by_role("button", name="Write mine over it").click()
        self.see(page.locator("#said"), "Saved.")
        self.assertEqual(self.lab.call("GET", f"/api/v1/events/{event}")[1]["venue"], "Mine")

    def test_a_wrong_token_writes_nothing_and_the_right_one_is_nowhere_kept(self):
        name = f"Nobody's {time.time_ns()}"
        event = self.lab.new_event(name=name)
        page = self.enter("a wrong token of some length")
        self.edit(page, event, name)
        page.locator("[id='o-venue']").fill("Elsewhere")
        self.save(page)
        self.see(page.get_by_role("alert"), "This token is not accepted")
        self.assertNotEqual(self.lab.call("GET", f"/api/v1/events/{event}")[1]["venue"], "Elsewhere")
        page.get_by_label("Admin token").fill(self.lab.token)
        page.get_by_role("button", name="Use it").click()
        self.save(page)
        self.see(page.locator("#said"), "Saved.")
        kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])")
        self.assertNotIn(self.lab.token, kept)
        page.reload()
        self.see(page.get_by_label("Admin token"))


if __name__ == "__main__":
    unittest.main()
