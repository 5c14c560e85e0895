"""Stories of buyers in a real browser, against the built programs.

    python3 Tests/Browser/stories.py --programs .build/debug [--pictures FOLDER] [NAME...]

NAME is a story, or a module of them. Each story is a function of its module; one that a page's console complains about
has failed. Needs chromium, chromium-driver and zbar-tools of Debian, and redis-server.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

import story_buying
import story_carrying
import story_elsewhere
import story_plain
from shop import Shop, free_port
from webdriver import Browser, Driver, Fault

CHECKS = (pathlib.Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
TAB = "\ue004"


class Scene:
    """What a story has at hand: the shop, browsers, and checks of what they show."""

    def __init__(self, shop, driver, pictures, name, other_origin):
        self.shop, self.driver, self.pictures, self.name = shop, driver, pictures, name
        self.item = name.replace("_", "-")[:60]
        self.other_origin = other_origin
        self.browsers = []
        self.allowed = []

    def browser(self, **wishes):
        browser = Browser(self.driver, **wishes)
        self.browsers.append(browser)
        return browser

    def buyer(self, user=None, query="", **wishes):
        """A browser at the item's page; with a user who has pressed the button."""
        browser = self.browser(**wishes)
        browser.go(f"{self.shop.url}/buy/{self.item}{query}")
        if user:
            self.press(browser, user)
        return browser

    @staticmethod
    def press(browser, user):
        browser.until("open")
        browser.write("#user", user)
        browser.click("#press")

    def expect(self, condition, what):
        if not condition:
            raise Fault(what)

    def look(self, browser, title, sizes=((320, 720), (1280, 800)), schemes=("light", "dark")):
        """Checks the page as it is, small and large, light and dark, and keeps a picture of each."""
        for width, height in sizes:
            for scheme in schemes:
                browser.resize(width, height)
                browser.scheme(scheme)
                faults = browser.run(CHECKS)
                if self.pictures:
                    browser.picture(f"{self.pictures}/{self.name}-{title}-{width}-{scheme}.png")
                self.expect(not faults, f"{title}, {width} px, {scheme}: " + "; ".join(faults))

    def check_keyboard(self, browser):
        """The tabulator goes through all that can be used, in the order in which it is read."""
        browser.run("document.activeElement.blur(); window.getSelection().removeAllRanges(); scrollTo(0, 0)")
        wanted = browser.run("return [...document.querySelectorAll('a[href],button,input')]"
                             ".filter(one => one.checkVisibility() && !one.disabled).map(one => one.id)")
        found = []
        for _ in wanted:
            browser.press_key(TAB)
            found.append(browser.run("return document.activeElement.id"))
            outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
            self.expect(outline != "none", f"nothing shows that {found[-1]} has the focus")
        self.expect(found == wanted, f"the keyboard goes {found}, the page {wanted}")

    def end(self):
        complaints = [line for browser in self.browsers for line in browser.complaints(self.allowed)]
        self.expect(not complaints, "the console complains: " + "; ".join(complaints[:5]))

    def close(self):
        for browser in self.browsers:
            browser.close()


def stories():
    modules = [story_buying, story_carrying, story_plain, story_elsewhere]
    return [(name, story) for module in modules for name, story in vars(module).items()
            if callable(story) and getattr(story, "__module__", "") == module.__name__ and not name.startswith("_")]


def play(name, story, shop, driver, pictures, other_origin):
    scene = Scene(shop, driver, pictures, name, other_origin)
    begun = time.monotonic()
    try:
        story(scene)
        scene.end()
        print(f"ok    {name} ({time.monotonic() - begun:.1f} s)", flush=True)
        return True
    except Exception as fault:  # a story that breaks must not keep the others from theirs
        if not isinstance(fault, Fault):
            traceback.print_exc()
        print(f"FAULT {name}: {fault}", flush=True)
        for number, browser in enumerate(scene.browsers):
            try:
                print(f"      browser {number}: {browser.url} {browser.text('body')[:300]!r}", flush=True)
            except Fault as silence:
                print(f"      browser {number}: {silence}", flush=True)
        return False
    finally:
        scene.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", required=True)
    parser.add_argument("--pictures", help="a folder for pictures of the pages")
    parser.add_argument("--page", help="a folder to serve in place of the built-in page")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    chosen = [(name, story) for name, story in stories()
              if not options.names or {name, story.__module__} & set(options.names)]
    if options.pictures:
        os.makedirs(options.pictures, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sluice-browser-") as folder:
        other_origin = free_port()
        flags = ["--allow-origin", f"http://127.0.0.1:{other_origin}", "--drain-ms", "0"]
        flags += ["--page", options.page] if options.page else []
        shop = Shop(os.path.abspath(options.programs), folder, *flags)
        driver = Driver(folder + "/chromedriver.log")
        try:
            results = [play(name, story, shop, driver, options.pictures, other_origin) for name, story in chosen]
        finally:
            driver.close()
            shop.close()
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    for tool in ("chromium", "chromedriver", "zbarimg"):
        if subprocess.run(["which", tool], stdout=subprocess.DEVNULL, check=False).returncode:
            sys.exit(f"{tool} is missing: apt-get install chromium chromium-driver zbar-tools")
    sys.exit(main())
