"""Buying in a real browser, in a real lab, while parts of it go and come back."""

import concurrent.futures
import datetime
import json
import threading
import time
import unittest

from shop import LIMIT, Browser, category, expect, iso

IN_LINE = "In line"


class Buying(Browser):
    def form(self, event: str, context=None):
        page = self.visit(f"/#/events/{event}", context)
        self.see(page.locator("button[type=submit]"))
        return page

    def unaware_form(self, event: str):
        """Of a page that hears nothing more of what is left, and of the price."""
        device = self.device()
        device.route("**/availability/events", lambda route: route.abort())
        page = self.form(event, device)
        page.route("**/availability*", lambda route: route.abort())
        return page

    def test_a_ticket_is_seen_within_a_second_of_its_confirmation(self):
        page = self.form(self.lab.new_event())
        self.fill(page)
        page.get_by_role("button", name="One ticket more").click()
        expect(page.locator("button[type=submit]")).to_have_text("Buy 2 tickets for ₺5,000")
        self.press_buy(page)
        page.locator(".ticket").first.wait_for()
        seen = time.time()
        self.see_tickets(page, 2)
        order = page.url.rpartition("/")[2]
        confirmed = datetime.datetime.fromisoformat(self.lab.call("GET", f"/api/v1/orders/{order}")[1]["updated_at"])
        self.assertLess(seen - confirmed.timestamp(), 1)
        page.get_by_role("link", name="My orders").click()
        self.see(page.locator(".order-list li"), "You’re going!")
        self.check_clean(page)

    def test_a_declined_card_is_said_with_what_to_do(self):
        event = self.lab.new_event()
        for card, email in (("declined", "a@example.com"), ("enough money", "b@example.com")):
            page = self.form(event)
            self.fill(page, card=card, email=email)
            self.press_buy(page)
            self.see(page.locator(".notice"), "The bank declined the payment")
            page.get_by_role("link", name="Back to the event").click()
            self.see(page.get_by_role("radio", name="Ayakta"))
            self.check_clean(page)

    def test_a_slow_bank_is_waited_for(self):
        page = self.form(self.lab.new_event())
        self.fill(page, card="slow")
        self.press_buy(page)
        self.see(page.get_by_role("heading", name="Reserved"))
        self.see_tickets(page)

    def test_sold_out_while_the_form_is_open(self):
        event = self.lab.new_event(
            categories=[category("standing", "Ayakta", 1000, 1), category("seat", "Koltuk", 1000, 5)]
        )
        page = self.form(event)
        self.fill(page)
        unaware = self.unaware_form(event)
        self.fill(unaware)
        self.assertEqual(self.lab.buy_one(event)[0], 202)
        self.see(page.locator(".choice.is-gone"), "Sold out")
        self.press_buy(unaware)
        self.see(unaware.locator(".notice"))
        self.assertRegex(unaware.locator(".notice").inner_text(), "Not that many are left|Others were quicker")
        self.check_clean(unaware)

    def test_a_sale_that_opens_while_one_waits(self):
        event = self.lab.new_event(sale_opens_at=iso(time.time() + 5))
        page = self.visit(f"/#/events/{event}")
        self.see(page.get_by_role("timer"))
        self.assertEqual(page.locator("button[type=submit]").count(), 0)
        self.see(page.locator("button[type=submit]"))
        self.fill(page)
        self.press_buy(page)
        self.see_tickets(page)
        self.check_clean(page)

    def test_an_answer_that_is_lost_with_its_replica_is_asked_for_again(self):
        event = self.lab.new_event()
        page = self.form(event)
        keys = []

        def lose(route):
            keys.append(route.request.headers["idempotency-key"])
            if len(keys) > 1:
                return route.continue_()
            route.fetch()  # it was accepted, and nobody hears so
            self.lab.run("kill", "api-1")
            return route.abort()

        page.route("**/api/v1/orders", lose)
        try:
            self.fill(page)
            page.locator("button[type=submit]").dblclick()
            self.see_tickets(page)
        finally:
            self.lab.run("start", "api-1")
        self.assertGreater(len(keys), 1)
        self.assertEqual(len(set(keys)), 1)
        self.assertEqual(self.lab.orders_of(event), 1)

    def test_a_reload_and_a_second_tab_go_on_with_the_same_purchase(self):
        event = self.lab.new_event()
        device = self.device()
        lost = threading.Event()
        keys = []

        def lose(route):
            keys.append(route.request.headers["idempotency-key"])
            return route.continue_() if lost.is_set() else route.abort()

        device.route("**/api/v1/orders", lose)
        page = self.form(event, device)
        self.fill(page)
        self.press_buy(page)
        self.see(page.locator(".notice"), "We cannot be reached")
        page.reload()
        self.see(page.locator(".notice"), "We cannot be reached")
        second = self.visit(f"/#/events/{event}", device)
        self.see(second.locator("form[aria-busy=true]"))
        lost.set()
        self.see_tickets(page)
        self.see_tickets(second)
        self.assertEqual(page.url, second.url)
        self.assertEqual(len(set(keys)), 1)
        self.assertEqual(self.lab.orders_of(event), 1)

    def test_one_stream_tells_all_tabs(self):
        """The server's side of it has tests of its own: here it says what this test wants."""
        event = self.lab.new_event()
        order = self.lab.buy_one(event)[1]["id"]
        queued = {"id": order, "status": "queued"}
        tickets = [{"id": "N-1", "code": "A-CODE"}]
        confirmed = {**queued, "status": "confirmed", "event_id": event, "category_id": "standing", "quantity": 1}
        confirmed |= {
            "tickets": tickets,
            "total": {"amount": 1, "currency": "TRY"},
            "created_at": iso(0),
            "updated_at": iso(0),
        }
        streams = []

        def hold(route):
            streams.append(route)

        device = self.device()
        device.route(f"**/orders/{order}", lambda route: route.fulfill(json=queued))
        device.route(f"**/orders/{order}/events", hold)
        pages = [self.visit(f"/#/orders/{order}", device) for _ in range(3)]
        for page in pages:
            self.see(page.get_by_role("heading", name=IN_LINE))
        self.assertEqual(len(streams), 1)
        streams[0].fulfill(
            content_type="text/event-stream", body=f"id: 7\nevent: order\ndata: {json.dumps(confirmed)}\n\n"
        )
        for page in pages:
            self.see(page.locator(".ticket"), "A-CODE")
        self.assertEqual(len(streams), 1)

    def test_who_goes_back_and_presses_again_is_asked(self):
        event = self.lab.new_event()
        page = self.form(event)
        self.fill(page)
        self.press_buy(page)
        self.see_tickets(page)
        page.go_back()
        self.see(page.locator("button[type=submit]"))
        self.fill(page)
        self.press_buy(page)
        self.see(page.locator("#again"), "You have just ordered exactly this")
        expect(page.locator("#again")).to_be_focused()
        page.get_by_role("link", name="See my order").click()
        self.see_tickets(page)
        self.assertEqual(self.lab.orders_of(event), 1)

    def test_a_price_that_has_changed_is_said_before_anything_is_bought(self):
        event = self.lab.new_event()
        page, unaware = self.form(event), self.unaware_form(event)
        for each in (page, unaware):
            self.fill(each)
        self.lab.put_event(event, categories=[category("standing", "Ayakta", 300000, 1000)])
        self.see(page.locator("#refusal"), "₺2,500 when you saw it, and is ₺3,000 now")
        self.press_buy(unaware)
        page = unaware
        expect(page.locator("#refusal")).to_be_focused(timeout=LIMIT)
        self.see(page.locator("#refusal"), "₺2,500 when you saw it, and is ₺3,000 now")
        self.assertEqual(self.lab.orders_of(event), 0)
        self.press_buy(page)
        self.see_tickets(page)

    def test_without_the_worker_an_order_waits_and_goes_on_by_itself(self):
        page = self.form(self.lab.new_event())
        self.fill(page)
        with self.lab.without("worker-1"):
            self.press_buy(page)
            self.see(page.get_by_role("heading", name=IN_LINE))
            self.see(page.get_by_role("status").filter(has_text="takes longer than usual"))
        self.see_tickets(page)
        self.check_clean(page)

    def test_without_redis_nobody_notices(self):
        event = self.lab.new_event()
        with self.lab.without("redis"):
            page = self.form(event)
            self.see(page.locator(".choice").first, "1,000 left")
            self.fill(page)
            self.press_buy(page)
            self.see_tickets(page)
        self.check_clean(page)

    def test_among_two_hundred_others(self):
        event = self.lab.new_event()
        page = self.form(event)
        self.fill(page)
        with concurrent.futures.ThreadPoolExecutor(20) as crowd:
            answers = [crowd.submit(self.lab.buy_one, event, buyer) for buyer in range(200)]
            self.press_buy(page)
            self.see_tickets(page)
            self.assertEqual({answer.result()[0] for answer in answers}, {202})
        page.goto(f"/#/events/{event}")
        expect(page.locator(".choice").first).to_contain_text("799 left", timeout=LIMIT)
        self.check_clean(page)


if __name__ == "__main__":
    unittest.main()
