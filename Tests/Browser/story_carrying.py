"""Stories of a place that outlives reloads, tabs, phones, networks and processes."""

import os
import subprocess
import tempfile
import time

from webdriver import eventually

# The answer to the first press reaches this phone's network card and no further.
LOST_ANSWER = """
const real = window.fetch;
window.fetch = async (target, options) => {
  const reply = await real(target, options);
  if (options.method === 'POST' && !sessionStorage.lost) {
    sessionStorage.lost = 1;
    throw new TypeError('lost');
  }
  return reply;
};
"""


def _queue(scene, stock=9):
    """Two wait already; a user may buy more than once, so only the key of a press makes it count once."""
    scene.shop.put(scene.item, stock, per_user_limit=5)
    scene.shop.act(scene.item, "hold")
    for user in ("bob", "cid"):
        scene.shop.buy(scene.item, user)


def a_reload_and_a_closed_tab(scene):
    _queue(scene)
    ann = scene.buyer("ann")
    ann.until("queued")
    place = ann.url
    ann.reload()
    ann.until("queued")
    scene.expect(ann.text("dd.large") == "3" and ann.url == place, "a reload keeps the place")
    ann.new_tab()
    ann.go(f"{scene.shop.url}/buy/{scene.item}")
    ann.until("queued")
    scene.expect(ann.url == place, "another tab finds the place")
    ann.close_tab()
    scene.shop.act(scene.item, "resume")
    ann.until("sold")


def the_answer_to_the_press_is_lost(scene):
    _queue(scene)
    ann = scene.buyer("ann", script=LOST_ANSWER)
    ann.until("queued")
    scene.expect(ann.text("dd.large") == "3" and scene.shop.item(scene.item)["waiting"] == 3, "there is one place")


def a_reload_before_the_answer(scene):
    _queue(scene)
    ann = scene.buyer(script="const real = window.fetch; window.fetch = (target, options) => { const reply ="
                      " real(target, options); return options.method === 'POST' && !sessionStorage.lost ?"
                      " reply.then(() => new Promise(() => { sessionStorage.lost = 1; })) : reply; };")
    scene.press(ann, "ann")
    ann.until("pressing")
    eventually(lambda: ann.run("return sessionStorage.lost"), "the answer came and was not read")
    ann.reload()
    ann.until("queued")
    scene.expect(ann.text("dd.large") == "3" and scene.shop.item(scene.item)["waiting"] == 3, "there is one place")


def the_network_is_cut_for_ten_seconds(scene):
    scene.allowed += ["ERR_INTERNET_DISCONNECTED"]
    _queue(scene)
    ann, eve = scene.buyer("ann"), scene.buyer()
    ann.until("queued")
    ann.cut()
    eve.until("open")
    eve.write("#user", "eve")
    eve.cut()
    eve.click("#press")
    cut_at = time.monotonic()
    eve.until_text("#status", "counts once")
    ann.until_text("#net", "No connection")
    scene.look(ann, "cut", sizes=((320, 720),), schemes=("light",))
    scene.shop.act(scene.item, "resume")
    time.sleep(max(0, 10 - (time.monotonic() - cut_at)))
    for browser in (ann, eve):
        browser.cut(False)
        browser.until("sold", within=12)
    item = scene.shop.item(scene.item)
    scene.expect(item["sold"] == 4, f"each has one unit: {item}")


def a_process_is_killed(scene):
    scene.allowed += ["ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "50[0-9] ", "ERR_INCOMPLETE", "ERR_SOCKET"]
    _queue(scene)
    ann = scene.buyer("ann")
    ann.until("queued")
    scene.shop.kill_queue()
    eve = None
    eventually(lambda: scene.shop.item(scene.item), "another process serves", within=20)
    eve = scene.buyer("eve")
    eve.until("queued")
    scene.expect(ann.text("dd.large") == "3" and eve.text("dd.large") == "4", "nobody moved")
    scene.shop.act(scene.item, "resume")
    ann.until("sold", within=15)
    eve.until("sold", within=15)


def another_phone(scene):
    _queue(scene)
    ann = scene.buyer("ann")
    ann.until("queued")
    link = ann.value("#link")
    scene.expect(link == ann.url, f"the link is the address: {link}")
    ann.run("document.querySelector('#qr').scrollIntoView()")
    with tempfile.TemporaryDirectory(prefix="sluice-qr-") as folder:
        image = os.path.join(folder, "code.png")
        ann.picture(image, "#qr")
        command = ["zbarimg", "--quiet", "--raw", image]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    scene.expect(found.strip() == link, f"the code says {found!r}")
    phone = scene.browser()
    phone.go(found.strip())
    phone.until("queued")
    scene.expect(phone.text("dd.large") == "3" and scene.shop.item(scene.item)["waiting"] == 3, "the place is the same")
    phone.go(scene.shop.url)
    eventually(lambda: phone.text("#list a") == scene.item, "the first page lists the place")
    scene.shop.act(scene.item, "resume")
    ann.until("sold")


def a_place_that_is_not_ours(scene):
    scene.allowed += ["404 "]
    _queue(scene)
    ann = scene.browser()
    ann.go(f"{scene.shop.url}/buy/{scene.item}#forged-ticket")
    ann.until_text("h1", "not known here")
    ann.click("#again")
    ann.until("open")
    scene.expect("#" not in ann.url, ann.url)
