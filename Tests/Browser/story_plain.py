"""Stories of a browser without JavaScript."""

from webdriver import eventually


def without_javascript(scene):
    shop = scene.shop
    shop.put(scene.item, 2)
    shop.act(scene.item, "hold")
    ann = scene.buyer(javascript=False)
    scene.look(ann, "form")
    scene.check_keyboard(ann)
    ann.write("#plain-user", "ann")
    ann.click("form button")
    ann.until_text("h1", "You are in the queue")
    scene.expect("/ticket/" in ann.url and "Your place: 1" in ann.text("main"), ann.text("main"))
    scene.look(ann, "queued")
    place = ann.url
    ann.go(f"{shop.url}/buy/{scene.item}")
    ann.write("#plain-user", "ann")
    ann.click("form button")
    eventually(lambda: ann.url == place, "who presses again has the same place")
    shop.act(scene.item, "resume")
    ann.until_text("h1", "It is yours", within=15)
    scene.look(ann, "sold", sizes=((320, 720),))


def without_javascript_nothing_is_left(scene):
    shop = scene.shop
    scene.allowed += ["410 "]
    shop.put(scene.item, 1)
    ticket = shop.buy(scene.item, "bob")
    shop.until(ticket, "sold")
    li = scene.buyer(javascript=False, language="zh-CN,zh")
    li.write("#plain-user", "li")
    li.click("form button")
    li.until_text("h1", "已售罄")
    scene.look(li, "lost", sizes=((320, 720),))


def without_javascript_one_leaves(scene):
    shop = scene.shop
    scene.allowed += ["409 ", "400 "]
    shop.put(scene.item, 2, opens_at=shop.opening_in(4))
    ann = scene.buyer(javascript=False)
    ann.write("#plain-user", "Ann Smith")
    ann.click("form button")
    ann.until_text("h1", "check what you entered")
    ann.write("#user", "ann")
    ann.click("form button")
    ann.until_text("h1", "not opened yet")
    scene.look(ann, "early", sizes=((320, 720),))
    shop.act(scene.item, "hold")
    eventually(lambda: shop.item(scene.item)["state"] == "open", "it opens")
    ann.click("form button")
    ann.until_text("h1", "You are in the queue")
    ann.click("form button")
    ann.until_text("h1", "You have left the queue")
