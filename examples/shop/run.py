#!/usr/bin/env python3
"""Starts Sluice on this machine, with an item to pay for, and the shop before it; Ctrl-C ends all of it."""

import argparse
import os
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "..", "..", ".build", "release")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="./data", help="folder of the store, the keys and the token")
    parser.add_argument("--programs", default=PROGRAMS, help="where sluice lies")
    parser.add_argument("--item", default="shoes")
    parser.add_argument("--stock", default="3")
    parser.add_argument("--pay-window", default="2m")
    parser.add_argument("--port", default="9080", help="of the shop; 0: any")
    parser.add_argument("--listen", default="127.0.0.1:8080", help="Sluice's public listener")
    parser.add_argument("--admin-listen", default="127.0.0.1:8081", help="its admin listener")
    arguments = parser.parse_args()
    sluice = os.path.join(arguments.programs, "sluice")
    admin = "http://" + arguments.admin_listen
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    up = subprocess.Popen(
        [sluice, "up", "--data", arguments.data, "--listen", arguments.listen, "--admin-listen",
         arguments.admin_listen], stdout=subprocess.PIPE, text=True)
    children = [up]
    try:
        if not any(line.startswith("ready ") for line in iter(up.stdout.readline, "")):
            sys.exit("run: sluice up did not get ready")
        subprocess.run(
            [sluice, "item", "put", arguments.item, "--stock", arguments.stock, "--pay-window", arguments.pay_window,
             "--url", admin, "--data", arguments.data, "--yes"], check=True, stdout=subprocess.DEVNULL)
        shop = subprocess.Popen([
            sys.executable, os.path.join(HERE, "shop.py"), "--item", arguments.item, "--port", arguments.port,
            "--url", "http://" + arguments.listen, "--admin-url", admin, "--admin-token-file",
            os.path.join(arguments.data, "admin-token"),
        ])
        children.append(shop)
        sys.exit(shop.wait())
    except KeyboardInterrupt:
        pass
    finally:
        for child in reversed(children):
            child.terminate()
            child.wait()


if __name__ == "__main__":
    main()
