"""ZeroMQ's frames on a stream (ZMTP 3, NULL), and a change that says replies twice and in another order."""
# SPDX-License-Identifier: Apache-2.0
from wire import REPLY

GREETING_BYTES = 64
LONG = 2
COMMAND = 4


class Frames:
    """Parts a stream into frames: feed() gives (head and body as they were, body or None of a command). The greeting, at which each
    side waits for the other's parts, is given as it comes."""

    def __init__(self):
        self.rest = b""
        self.greeting_left = GREETING_BYTES

    def feed(self, piece):
        """The frames that are whole now."""
        self.rest += piece
        while (frame := self._next()) is not None:
            yield frame

    def _take(self, size):
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def _next(self):
        if self.greeting_left and self.rest:
            part = self._take(self.greeting_left)
            self.greeting_left -= len(part)
            return part, None
        is_long = bool(self.rest) and self.rest[0] & LONG
        head = 9 if is_long else 2
        if len(self.rest) < head:
            return None
        whole = head + int.from_bytes(self.rest[1:head], "big")
        if len(self.rest) < whole:
            return None
        frame = self._take(whole)
        return frame, None if frame[0] & COMMAND else frame[head:]


def repeat_and_reorder():
    """A change for Proxy: each reply comes twice, and of two in a row the later one first; another frame lets a waiting one go."""
    frames, waiting = Frames(), []

    def change(piece):
        parts = []
        for frame, body in frames.feed(piece):
            is_reply = body is not None and body.startswith(REPLY)
            if is_reply and not waiting:
                waiting.append(frame)
                continue
            parts += ([frame, frame] if is_reply else []) + 2 * waiting + ([] if is_reply else [frame])
            waiting.clear()
        return parts

    return change
