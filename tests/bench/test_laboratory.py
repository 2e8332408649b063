"""How the lab is asked."""

import http.server
import pathlib
import threading
import unittest
import unittest.mock

from harness import laboratory


class Takes(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.end_headers()

    def log_message(self, *_):
        pass


class Proxies(unittest.TestCase):
    def test_no_proxy_leads_to_the_lab(self):
        with http.server.HTTPServer(("127.0.0.1", 0), Takes) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.addCleanup(server.shutdown)
            url = f"http://127.0.0.1:{server.server_port}"
            lab = laboratory.Laboratory(pathlib.Path("lab"), 0)
            with (
                unittest.mock.patch.object(laboratory.Laboratory, "url", url),
                unittest.mock.patch.dict("os.environ", {"http_proxy": "http://127.0.0.1:1", "no_proxy": ""}),
            ):
                lab.buy("a-gig")


if __name__ == "__main__":
    unittest.main()
