"""A text area in Chromium: chromium.py FILE FOLDER wayland|x11 writes what is in it to FILE, from the moment when it has the focus.

The page comes from a server on the loopback interface, and tells it what has been typed.
"""
import http.server
import os
import subprocess
import sys
import threading

path, folder, platform = sys.argv[1:4]
PAGE = b"""<!doctype html><meta charset=utf-8><title>field</title><textarea id=field rows=30 cols=100></textarea>
<script>
const field = document.getElementById('field');
let isBusy = false, isLate = false;
async function tell() {
    isLate = true;
    if (isBusy) return;
    isBusy = true;
    while (isLate) {
        isLate = false;
        await fetch('/', {method: 'POST', body: field.value}).catch(() => {});
        await new Promise(done => setTimeout(done, 20));
    }
    isBusy = false;
}
field.addEventListener('input', tell);
field.addEventListener('focus', tell);
window.addEventListener('focus', () => { field.focus(); tell(); });
field.focus();
if (document.hasFocus()) tell();
</script>"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        with open(path + ".new", "wb") as file:
            file.write(content)
        os.rename(path + ".new", path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
subprocess.run([
    "chromium", "--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--ozone-platform=" + platform,
    "--user-data-dir=" + folder, f"--app=http://127.0.0.1:{server.server_port}/",
])
