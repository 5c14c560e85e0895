"""A browser for stories: Debian's chromium behind its chromedriver, spoken to as the W3C's WebDriver says.

Nothing but the standard library, so there is nothing to install but the two Debian packages.
"""

import base64
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Fault(AssertionError):
    """What a story found wrong."""


def eventually(condition, what, within=10.0, every=0.05):
    """Waits until the condition holds, and returns its value; a fault where it does not in time."""
    end = time.monotonic() + within * float(os.environ.get("SLACK", "1"))
    value, error = None, None
    while time.monotonic() < end:
        try:
            value, error = condition(), None
        except (Fault, OSError) as caught:
            error = caught
        if value:
            return value
        time.sleep(every)
    raise Fault(f"not in time: {what}; last: {error or value!r}")


class Driver:
    """One chromedriver; ends with `close`, and its browsers with it."""

    def __init__(self, log):
        self.process = subprocess.Popen(
            ["chromedriver", "--port=0", f"--log-path={log}"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True)
        for line in self.process.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                self.url = f"http://127.0.0.1:{found.group(1)}"
                return
        raise Fault("chromedriver does not start")

    def call(self, method, path, body=None):
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=40) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as refusal:
            value = json.load(refusal)["value"]
            raise Fault(f"{method} {path}: {value['error']}: {value['message'].splitlines()[0]}") from None

    def close(self):
        self.process.terminate()
        self.process.wait(10)


class Browser:
    """A browser with a profile of its own: another person, or another phone."""

    def __init__(self, driver, language="en-US,en", javascript=True, script="", size=(390, 844)):
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", f"--accept-lang={language}",
                     "--hide-scrollbars"],
            "prefs": {"intl.accept_languages": language},
        }
        if not javascript:
            options["prefs"]["profile.managed_default_content_settings.javascript"] = 2
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.driver = driver
        session = driver.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.path = "/session/" + session["sessionId"]
        self.logs = []
        self.resize(*size)
        if script:
            self.devtools("Page.addScriptToEvaluateOnNewDocument", source=script)

    def call(self, method, path, body=None):
        return self.driver.call(method, self.path + path, body)

    def devtools(self, command, **params):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def close(self):
        self.driver.call("DELETE", self.path)

    # What is open

    def go(self, url):
        self.call("POST", "/url", {"url": url})

    def reload(self):
        self.call("POST", "/refresh")

    @property
    def url(self):
        return self.call("GET", "/url")

    def new_tab(self):
        handle = self.call("POST", "/window/new", {"type": "tab"})["handle"]
        self.call("POST", "/window", {"handle": handle})

    def close_tab(self):
        """Closes the tab, and goes on in the first of the others."""
        self.collect_logs()
        others = self.call("DELETE", "/window")
        self.call("POST", "/window", {"handle": others[0]})

    def resize(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=False)

    def scheme(self, name):
        """Light or dark, and nothing that moves: colours change at once."""
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def cut(self, is_cut=True):
        """Cuts the network, or joins it again."""
        self.devtools("Network.enable")
        self.devtools("Network.emulateNetworkConditions", offline=is_cut, latency=0, downloadThroughput=-1,
                      uploadThroughput=-1)

    # What is in it

    def find(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.call("GET", f"/element/{self.find(selector)}/text")

    def is_shown(self, selector):
        return self.call("GET", f"/element/{self.find(selector)}/displayed")

    def is_enabled(self, selector):
        return self.call("GET", f"/element/{self.find(selector)}/enabled")

    def value(self, selector):
        return self.call("GET", f"/element/{self.find(selector)}/property/value")

    def click(self, selector):
        self.call("POST", f"/element/{self.find(selector)}/click")

    def write(self, selector, text):
        element = self.find(selector)
        self.call("POST", f"/element/{element}/clear")
        self.call("POST", f"/element/{element}/value", {"text": text})

    def press_key(self, key):
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def accept(self):
        """Says yes to the question that the page asks."""
        self.call("POST", "/alert/accept")

    @property
    def state(self):
        return self.run("return document.querySelector('main').dataset.state")

    def until(self, state, within=10.0):
        """Waits until the page shows a state."""
        eventually(lambda: self.state == state, f"the page shows {state}, not {self.state} ({self.text('h1')})", within)

    def until_text(self, selector, pattern, within=10.0):
        return eventually(lambda: re.search(pattern, self.text(selector)), f"{selector} says {pattern}", within)

    # What is looked at afterwards

    def picture(self, file, selector=None):
        path = f"/element/{self.find(selector)}/screenshot" if selector else "/screenshot"
        with open(file, "wb") as image:
            image.write(base64.b64decode(self.call("GET", path)))

    def collect_logs(self):
        self.logs += self.call("POST", "/se/log", {"type": "browser"})

    def complaints(self, allowed=()):
        """What the browser's console has against the pages, but for what a story expects."""
        self.collect_logs()
        lines = [entry["message"] for entry in self.logs if entry["level"] in ("SEVERE", "WARNING")]
        return [line for line in lines if not any(re.search(pattern, line) for pattern in allowed)]
