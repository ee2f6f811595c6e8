# SPDX-License-Identifier: Apache-2.0
"""A page and, on another site, its frame, which keeps a value and tells it: record_storage.py LOG.

The log has a line for each visit: the value that the frame's storage held or was given.
"""
import http.server
import sys
import threading
import urllib.parse

PAGE_AT, FRAME_AT = "203.0.113.201", "203.0.113.202"
PAGE = f"<title>page</title><iframe src='http://{FRAME_AT}/frame'></iframe>"
FRAME = ("<script>let kept = localStorage.kept;"
         "if (!kept) localStorage.kept = kept = String(Math.random());"
         "fetch('/told?' + kept)</script>")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/told":
            with open(sys.argv[1], "a", encoding="utf-8") as log:
                log.write(url.query + "\n")
        body = (FRAME if url.path == "/frame" else PAGE).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


servers = [http.server.ThreadingHTTPServer((at, 80), Handler) for at in (PAGE_AT, FRAME_AT)]
threading.Thread(target=servers[0].serve_forever, daemon=True).start()
servers[1].serve_forever()
