"""A text field of Qt 5: qt.py FILE writes what is in it to FILE, from the moment when it has the focus."""
import os
import sys

from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QApplication, QPlainTextEdit

path = sys.argv[1]
application = QApplication(sys.argv)
field = QPlainTextEdit()
field.setWindowTitle("field")
timer = QTimer(singleShot=True, interval=20)


def save():
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(field.toPlainText())
    os.rename(path + ".new", path)


timer.timeout.connect(save)
field.textChanged.connect(timer.start)
application.focusChanged.connect(lambda old, new: new and timer.start())
field.show()
field.setFocus()
application.exec_()
