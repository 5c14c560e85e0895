"""Stories of how a purchase ends."""

from webdriver import eventually

# A phone whose clock is five hours behind.
LATE_CLOCK = "const real = Date.now; Date.now = () => real() - 5 * 3600e3;"


def winner_at_the_opening(scene):
    shop = scene.shop
    shop.put(scene.item, 5, opens_at=shop.opening_in(6))
    ann = scene.buyer(script=LATE_CLOCK)
    ann.until("scheduled")
    scene.expect(not ann.is_enabled("#press") and ann.is_shown("#countdown"), "the button waits for the opening")
    scene.look(ann, "before", sizes=((320, 720),))
    scene.expect("00:00:0" in ann.text("#countdown"), f"seconds are left, not {ann.text('#countdown')}")
    ann.write("#user", "ann")
    opened = eventually(lambda: ann.state == "open" and shop.item(scene.item), "it opens", within=8)
    scene.expect(opened["state"] == "open" and ann.is_enabled("#press"), f"it opened too early: {opened}")
    ann.click("#press")
    ann.until("sold")
    scene.look(ann, "sold")
    ann.reload()
    ann.until("sold")
    scene.expect(shop.item(scene.item)["sold"] == 1, "one unit is sold")


def loser_learns_it(scene):
    shop = scene.shop
    shop.put(scene.item, 1)
    shop.act(scene.item, "hold")
    shop.buy(scene.item, "bob")
    ann = scene.buyer("ann")
    ann.until("queued")
    scene.expect("Probably none" in ann.text("#status"), ann.text("#status"))
    shop.act(scene.item, "resume")
    ann.until("sold_out")
    scene.expect("You pay nothing" in ann.text("#status") and not ann.is_shown("#leave"), ann.text("#status"))
    scene.look(ann, "lost")
    ann.click("#again")
    ann.until("sold_out")
    scene.expect(not ann.is_shown("#buy") and ann.text("h1") == "Sold out", "nothing is left to buy")


def waitlist_gets_a_unit_that_came_back(scene):
    shop = scene.shop
    shop.put(scene.item, 1, pay_window_ms=600000)
    bob = shop.buy(scene.item, "bob")
    shop.until(bob, "reserved")
    ann = scene.buyer()
    ann.until_text("#status", "some may come back")
    scene.press(ann, "ann")
    ann.until("queued")
    scene.expect("may still get one" in ann.text("#status"), ann.text("#status"))
    scene.look(ann, "queued")
    scene.check_keyboard(ann)
    shop.leave(bob)
    ann.until("reserved")
    scene.expect(ann.text("#countdown")[:5] in ("00:09", "00:10"), ann.text("#countdown"))
    scene.look(ann, "reserved")
    shop.pay(ann.url.split("#")[1])
    ann.until("sold")


def late_to_pay(scene):
    shop = scene.shop
    shop.put(scene.item, 1, pay_window_ms=4000)
    ann = scene.buyer("ann")
    ann.until("reserved")
    ann.until("expired", within=12)
    scene.look(ann, "expired", sizes=((320, 720),))
    scene.expect("next in line" in ann.text("#status") and not ann.is_shown("#countdown"), ann.text("#status"))


def leaves_and_comes_back(scene):
    shop = scene.shop
    shop.put(scene.item, 1)
    shop.act(scene.item, "hold")
    ann = scene.buyer("ann")
    ann.until("queued")
    first = ann.url.split("#")[1]
    ann.click("#leave")
    ann.accept()
    ann.until("cancelled")
    scene.expect(shop.ticket(first)["state"] == "cancelled", "the ticket is cancelled")
    ann.click("#again")
    scene.press(ann, "ann")
    ann.until("queued")
    scene.expect(shop.item(scene.item)["waiting"] == 1, "there is one place again")


def a_queue_that_is_full_is_tried_again(scene):
    shop = scene.shop
    scene.allowed += ["503 "]
    shop.put(scene.item, 5, queue_limit=1)
    shop.act(scene.item, "hold")
    shop.buy(scene.item, "bob")
    ann = scene.buyer("ann")
    ann.until_text("#status", "The queue is full.*Trying again by itself")
    scene.look(ann, "full", sizes=((320, 720),), schemes=("light",))
    shop.act(scene.item, "resume")
    ann.until("sold")


def a_name_that_does_not_fit(scene):
    scene.shop.put(scene.item, 5)
    ann = scene.buyer("Ann Smith")
    ann.until_text(".fault", "without spaces")
    scene.expect(ann.run("return document.activeElement.id") == "user", "the field has the focus")
    scene.look(ann, "fault", sizes=((320, 720),))
    ann.write("#user", "ａｎｎ")
    ann.click("#press")
    ann.until("sold")


def an_item_that_is_not_there(scene):
    scene.allowed += ["404 "]
    ann = scene.buyer()
    ann.until_text("h1", "no such item")
    scene.look(ann, "unknown", sizes=((320, 720),), schemes=("light",))
    start = scene.browser()
    start.go(scene.shop.url)
    scene.look(start, "start")
    scene.check_keyboard(start)
    start.write("#name", scene.item)
    start.click("button")
    eventually(lambda: start.url.endswith("/buy/" + scene.item), "the form leads to the item")


def in_chinese(scene):
    shop = scene.shop
    shop.put(scene.item, 1, pay_window_ms=600000)
    li = scene.buyer(language="zh-CN,zh,en")
    li.until("open")
    scene.expect(li.text("h1") == "正在销售" and li.run("return document.documentElement.lang") == "zh-CN", li.text("h1"))
    scene.look(li, "open")
    scene.press(li, "li@shop.example")
    li.until("reserved")
    scene.look(li, "reserved")
