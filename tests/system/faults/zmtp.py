"""ZeroMQ's frames on a stream (ZMTP 3, NULL), and changes: replies come twice and in another order; messages are of another release."""
# SPDX-License-Identifier: Apache-2.0
from wire import LEAVING, PONG, REPLY, REQUEST, envelope

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


def repeat_and_reorder(is_from_server):
    """A change for Proxy: each reply comes twice, and of two in a row the later one first; another frame lets a waiting one go."""
    if not is_from_server:
        return None
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


# ---- releases ----

UNKNOWN_FIELD = bytes([0xfa, 0x7f, 3]) + b"new"  # number 2047, a text
MESSAGES = {REQUEST: envelope.Request, REPLY: envelope.Reply, PONG: envelope.Presence, LEAVING: envelope.Presence}
# What a message can do without: whatever a later release adds is of this kind.
SPARE_FIELDS = {envelope.Request: ("traceparent",), envelope.Reply: ("domain", "details", "retry_after_ms", "replayed", "problems"),
                envelope.Presence: ("in_flight",)}


def make_newer(message):
    """As a later release might send it: fields that nobody knows, in the envelope and in what it holds."""
    if message.DESCRIPTOR.name in ("Request", "Reply") and not getattr(message, "code", 0):
        message.body += UNKNOWN_FIELD
    return message.SerializeToString() + UNKNOWN_FIELD


def make_older(message):
    """As an earlier release might have sent it: without what can be spared."""
    for name in SPARE_FIELDS[type(message)]:
        message.ClearField(name)
    return message.SerializeToString()


def rewrite(make):
    """A change for Proxy: every message, either way, is made anew."""
    def changes(_):
        frames = Frames()
        return lambda piece: [_write(frame, body, make) for frame, body in frames.feed(piece)]

    return changes


def _write(frame, body, make):
    kind = next((kind for kind in MESSAGES if body is not None and body.startswith(kind)), None)
    if kind is None:
        return frame
    made = kind + make(MESSAGES[kind].FromString(body[len(kind):]))
    return bytes([LONG]) + len(made).to_bytes(8, "big") + made
