"""The least that a chart window can be: a QMainWindow with one pyqtgraph plot; says when it is painted, and ends."""

import sys

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

PAINTED = "painted"


class FirstPaint(QObject):
    """Ends the program after the first paint of the widget that it watches."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let everything pass; once the paint event is over, say so and leave."""
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._leave)
        return False

    def _leave(self) -> None:
        print(PAINTED, flush=True)
        QApplication.quit()


def main(arguments: list[str]) -> int:
    """Show the window; with ``--plot`` it holds one empty plot."""
    application = QApplication(arguments)
    window = QMainWindow()
    seen: QWidget = window
    if "--plot" in arguments:
        import pyqtgraph  # what it costs to load is a part of what is measured

        plot = pyqtgraph.PlotWidget()
        window.setCentralWidget(plot)
        seen = plot.viewport()  # it covers the window, which is therefore never asked to paint itself
    first = FirstPaint()
    seen.installEventFilter(first)
    window.resize(1200, 800)
    window.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
