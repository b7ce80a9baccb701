"""A text field of GTK 3: gtk.py FILE writes what is in it to FILE, from the moment when it has the focus."""
import os
import sys

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk

path = sys.argv[1]
window = Gtk.Window(title="field")
view = Gtk.TextView()
window.add(view)
buffer = view.get_buffer()
is_late = False


def save():
    global is_late
    is_late = False
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True))
    os.rename(path + ".new", path)
    return False


def note(*_):
    global is_late
    if not is_late:
        is_late = True
        GLib.timeout_add(20, save)


buffer.connect("changed", note)
view.connect("focus-in-event", note)
window.connect("destroy", Gtk.main_quit)
window.show_all()
Gtk.main()
