"""Stories of a shop's own page, on another origin than the engine."""

import http.server
import threading


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<!doctype html><html lang=en><title>shop</title><link rel=icon href=data:,><h1>Shop</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


CALLS = """
const [url, item] = arguments;
const buy = async body => {
  const reply = await fetch(`${url}/v1/items/${item}/purchases`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'k' }, body });
  return [reply.status, reply.headers.get('Location'), reply.headers.get('Retry-After'), (await reply.json()).code];
};
return (async () => {
  try { return [await buy('{"user":"ann"}'), await buy('{"user":1}')]; } catch (error) { return String(error); }
})();
"""


def a_shop_on_another_origin(scene):
    scene.allowed += ["400 ", "blocked by CORS policy", "ERR_FAILED"]
    scene.shop.put(scene.item, 5)
    for port in (scene.other_origin, 0):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            ann = scene.browser()
            ann.go(f"http://127.0.0.1:{server.server_port}/")
            found = ann.run(CALLS, scene.shop.url, scene.item)
        finally:
            server.shutdown()
            server.server_close()
        if port:
            scene.expect(found[0][0] == 202 and "/v1/tickets/" in found[0][1] and found[0][2], f"declared: {found}")
            scene.expect(found[1][0] == 400 and found[1][3] == "invalid-request", f"its errors are read too: {found}")
        else:
            scene.expect("Failed to fetch" in found, f"one that is not declared reads nothing: {found}")
