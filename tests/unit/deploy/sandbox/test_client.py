"""How tests and the demo speak to the stand-ins."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from deploy.sandbox.client import Erp


def test_no_line_is_kept_open_that_may_be_closed_just_when_it_is_used_again() -> None:
    heard = []

    class StandIn(BaseHTTPRequestHandler):
        def do_DELETE(self) -> None:
            heard.append(self.headers["Connection"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *given: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), StandIn) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        erp = Erp(f"http://127.0.0.1:{server.server_port}")
        erp.clear_faults()
        erp.close()
        server.shutdown()
        thread.join()

    assert heard == ["close"]
