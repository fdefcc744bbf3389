"""The user's terminal as the guest's console: raw while the guest has it, as it was afterwards."""

import contextlib
import os
import sys
import termios
import tty

ESCAPE = 0x01
READ_BYTES = 4096


class Terminal:
    """Context manager: keys go to the guest, Ctrl-a x quits, Ctrl-a Ctrl-a is a Ctrl-a for the guest."""

    def __init__(self, keyboard):
        self.keyboard = keyboard
        self.saved = None
        self.escaped = False
        self.has_quit = False

    def __enter__(self):
        if os.isatty(0):
            self.saved = termios.tcgetattr(0)
            tty.setraw(0)
        return self

    def __exit__(self, *_):
        self.restore()

    def restore(self):
        """Give the terminal back."""
        if self.saved is not None:
            # Colours and a line in the middle of being written are the guest's; what follows is not.
            self.show(b'\x1b[0m\r\n')
            termios.tcsetattr(0, termios.TCSADRAIN, self.saved)
            self.saved = None

    def show(self, data):
        """The guest's output as it is: its escape sequences are the terminal's business."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def forward(self):
        """Send what was typed; False at the end of the input."""
        data = os.read(0, READ_BYTES)
        out = bytearray()
        for byte in data:
            if self.escaped:
                self.escaped = False
                if byte in b'xX':
                    self.has_quit = True
                elif byte in (ESCAPE, ord('a')):
                    out.append(ESCAPE)
            elif byte == ESCAPE and self.saved is not None:
                self.escaped = True
            else:
                out.append(byte)
        if out:
            # A guest that reads nothing loses what it did not take, as a real terminal line would.
            with contextlib.suppress(BlockingIOError):
                os.write(self.keyboard, out)
        return bool(data)
