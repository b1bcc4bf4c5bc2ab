"""Mails as people's programs write them, made with Python's email package, and what that package reads in them.

What it reads is compared without regard to white space and to how many characters stand for bytes that cannot be read.
"""
# SPDX-License-Identifier: Apache-2.0
import email
import email.encoders
import email.header
import email.message
import email.policy
import html.parser
import random
import re
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.image import MIMEImage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

PNG = b"\x89PNG\r\n\x1a\n"
PDF = b"%PDF-1.4\n"
WORDS = {
    "utf-8": "Guten Tag, die Wärmeplatte heizt nicht — seit gestern. Größe: 5 € Ωμέγα 機械 łódź",
    "iso-8859-1": "Die Küchenmaschine läuft nicht mehr; schöne Grüße, Jürgen Weiß",
    "windows-1252": "“Bonjour”, la machine ne démarre plus… 20 € déjà payés",
    "iso-8859-15": "Prix: 30 €, modèle à vapeur",
    "koi8-r": "Здравствуйте, прибор не включается",
    "shift_jis": "電源が入りません。よろしくお願いします",
    "gb2312": "机器坏了，请帮忙",
    "us-ascii": "It does not turn on any more. What shall I do?",
}
KINDS = ("plain", "html", "alternative", "attachment", "related", "nested", "forwarded", "forwarded_attached", "reply", "base64", "quoted",
         "eight_bit", "broken_charset", "unknown_charset", "broken_base64", "broken_quoted", "folded", "empty", "bare_lf", "no_mime", "signed", "two_texts")


class _Words(html.parser.HTMLParser):
    """The words of an HTML text."""

    def __init__(self):
        super().__init__()
        self.words, self.hidden = [], 0

    def handle_starttag(self, tag, _attrs):
        self.hidden += tag in ("style", "script", "title", "head")
        self.words.append(" ")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "script", "title", "head")
        self.words.append(" ")

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


def even(text):
    """A text without what is not compared: white space, and what cannot be read."""
    return re.sub(r"\s+", "", re.sub("[\ufffd\x00-\x08\x0b-\x1f\x7f-\x9f]+", "", text))


def _leaf(part):
    raw = part.get_payload(decode=True) or b""
    try:
        text = raw.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = raw.decode("utf-8", "replace")
    if part.get_content_type() != "text/html":
        return text
    words = _Words()
    words.feed(text)
    return "".join(words.words)


def _is_text(part):
    return (part.get_content_type() in ("text/plain", "text/html") and part.get_content_disposition() != "attachment"
            and part.get_filename() is None)


def _text(part):
    """Of alternatives the plain one; of everything else what is neither attached nor a message of its own."""
    if part.get_content_maintype() == "multipart":
        parts = part.get_payload()
        if part.get_content_type() == "multipart/alternative":
            plain = [one for one in parts if any(_is_text(leaf) and leaf.get_content_type() == "text/plain" for leaf in one.walk())]
            return _text(plain[0]) if plain else "\n\n".join(_text(one) for one in parts)
        return "\n\n".join(_text(one) for one in parts)
    return _leaf(part) if _is_text(part) else ""


def read(message):
    """(text, names of attachments) as Python's email has them."""
    mail = email.message_from_bytes(message, policy=email.policy.compat32)
    names, inside = [], set()
    for part in mail.walk():
        if id(part) in inside or part.get_content_maintype() == "multipart":
            continue
        if part.get_content_type() == "message/rfc822":
            inside.update(id(inner) for inner in part.walk())
            names.append("message.eml")
        elif not _is_text(part):
            name = part.get_filename()
            names.append(str(email.header.make_header(email.header.decode_header(name))) if name else "")
    return _text(mail), names


class Maker:
    """Makes mails of each kind in turn, by a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.number = 0

    def _words(self, charset=None):
        charset = charset or self.random.choice(sorted(WORDS))
        count = self.random.randint(1, 4)
        return charset, "\n".join(f"{WORDS[charset]} ({self.random.randrange(10**6)})" for _ in range(count)) + "\n"

    def make(self, sender, subject, quoted="", headers=None):
        """(kind, bytes) of the next mail: from a sender, with a subject and what it quotes."""
        kind = KINDS[self.number % len(KINDS)]
        self.number += 1
        mail = getattr(self, "_" + kind)(f"\n{quoted}\n" if quoted else "")
        del mail["Message-ID"]
        fields = {"From": sender, "To": "service@shop.example", "Subject": self._subject(subject), "Date": "Mon, 16 Mar 2026 09:30:00 +0100",
                  "Message-ID": f"<{self.random.getrandbits(64):x}.{self.number}@customer.example>"} | (headers or {})
        for name, value in fields.items():
            mail[name] = value
        data = mail.as_bytes(policy=email.policy.compat32.clone(linesep="\n" if kind == "bare_lf" else "\r\n"))
        return kind, self._spoil(kind, data)

    def _subject(self, subject):
        charset = self.random.choice(["utf-8", "iso-8859-1", "us-ascii"])
        if charset == "us-ascii":
            return subject
        return str(email.header.Header(f"{subject} für Größe", charset).encode())

    # What compat32 cannot write is put in afterwards.
    def _spoil(self, kind, data):
        if kind == "broken_charset":
            return data.replace(b"SPOILED", "Größe ".encode("latin-1") + b"\xff\xfe")
        if kind == "eight_bit":
            return data.replace(b"SPOILED", "Wärme und Größe".encode())
        if kind == "broken_base64":
            return data.replace(b"SPOILED", b"SGVs\r\n!!bG8gd29ybGQ=")
        if kind == "broken_quoted":
            return data.replace(b"SPOILED", b"a =zz b =3D c =\r\nd")
        return data

    def _text_part(self, extra, charset=None, subtype="plain"):
        charset, words = self._words(charset)
        part = MIMEText("", subtype, "us-ascii")
        del part["Content-Transfer-Encoding"]
        body = words + extra
        if subtype == "html":
            body = (f"<html><head><title>t</title><style>p {{ color: red }}</style></head><body><p>{words}</p><div>{extra}</div>"
                    "<table><tr><td>one</td><td>two &amp; three</td></tr></table></body></html>")
        part.set_payload(body.encode(charset, "replace"))
        part.set_param("charset", charset)
        self.random.choice([email.encoders.encode_base64, email.encoders.encode_quopri])(part)
        return part

    def _raw(self, body, charset, encoding):
        part = MIMEText("", "plain", "us-ascii")
        del part["Content-Transfer-Encoding"]
        part["Content-Transfer-Encoding"] = encoding
        part.set_payload(body)
        if charset:
            part.set_param("charset", charset)
        return part

    def _image(self, name, inline=False):
        part = MIMEImage(PNG + self.random.randbytes(self.random.randint(10, 3000)), "png")
        part.add_header("Content-Disposition", "inline" if inline else "attachment", filename=name)
        if inline:
            part["Content-ID"] = "<logo@customer.example>"
        return part

    def _multi(self, subtype, *parts):
        made = MIMEMultipart(subtype)
        for part in parts:
            made.attach(part)
        return made

    def _plain(self, extra):
        return self._text_part(extra)

    def _html(self, extra):
        return self._text_part(extra, subtype="html")

    def _alternative(self, extra):
        return self._multi("alternative", self._text_part(extra), self._text_part(extra, subtype="html"))

    def _attachment(self, extra):
        pdf = MIMEApplication(PDF + self.random.randbytes(100), "pdf")
        pdf.add_header("Content-Disposition", "attachment", filename=("utf-8", "", "Rechnung für März.pdf"))
        return self._multi("mixed", self._text_part(extra), self._image("photo.png"), pdf)

    def _related(self, extra):
        return self._multi("related", self._text_part(extra, subtype="html"), self._image("logo.png", inline=True))

    def _nested(self, extra):
        inner = self._multi("alternative", self._text_part(extra), self._multi("related", self._text_part(extra, subtype="html"), self._image("logo.png", True)))
        return self._multi("mixed", self._multi("mixed", inner), self._image("serial.png"), self._text_part("", "us-ascii"))

    def _forwarded(self, extra):
        part = self._text_part(f"\n-------- Forwarded Message --------\nSubject: Receipt\nFrom: shop@other.example\n\nYour receipt.\n{extra}")
        return part

    def _forwarded_attached(self, extra):
        inner = EmailMessage()
        inner["Subject"], inner["From"], inner["Message-ID"] = "Receipt", "shop@other.example", "<inner@other.example>"
        inner.set_content("A text that is not the customer's own.")
        return self._multi("mixed", self._text_part(extra), MIMEMessage(inner))

    def _reply(self, extra):
        quoted = "\n".join("> " + line for line in f"Dear customer,\nwe wrote this.\n{extra}".splitlines())
        return self._text_part(f"\nOn Monday you wrote:\n{quoted}\n")

    def _base64(self, extra):
        part = MIMEText("", "plain", "us-ascii")
        del part["Content-Transfer-Encoding"]
        part.set_payload((self._words("utf-8")[1] + extra).encode())
        part.set_param("charset", "utf-8")
        email.encoders.encode_base64(part)
        return part

    def _quoted(self, extra):
        part = MIMEText("", "plain", "us-ascii")
        del part["Content-Transfer-Encoding"]
        part.set_payload((self._words("windows-1252")[1] + "x" * 200 + " = " + extra).encode("windows-1252", "replace"))
        part.set_param("charset", "Windows-1252")
        email.encoders.encode_quopri(part)
        return part

    def _eight_bit(self, extra):
        return self._raw(f"SPOILED and more\n{extra}", "utf-8", "8bit")

    def _broken_charset(self, extra):
        return self._raw(f"SPOILED is what it has\n{extra}", "utf-8", "8bit")

    def _unknown_charset(self, extra):
        return self._raw(f"Plain words in a charset that nobody knows\n{extra}", "x-martian", "7bit")

    def _broken_base64(self, extra):
        return self._multi("mixed", self._raw(f"Words.\n{extra}", "us-ascii", "7bit"), self._raw("SPOILED", "us-ascii", "base64"))

    def _broken_quoted(self, extra):
        return self._raw(f"SPOILED\n{extra}", "us-ascii", "quoted-printable")

    def _folded(self, extra):
        part = self._text_part(extra)
        part["References"] = "\r\n ".join(f"<{self.random.getrandbits(64):x}@other.example>" for _ in range(12))
        part["X-Long"] = "x " * 300
        return part

    def _empty(self, extra):
        return self._raw(extra, "us-ascii", "7bit")

    def _bare_lf(self, extra):
        return self._text_part(extra)

    def _no_mime(self, extra):
        part = email.message.Message()
        part.set_payload(f"A mail as in 1982.\n{extra}")
        return part

    def _signed(self, extra):
        signature = MIMEApplication(self.random.randbytes(300), "pkcs7-signature", name="smime.p7s")
        signature.add_header("Content-Disposition", "attachment", filename="smime.p7s")
        return self._multi("signed", self._text_part(extra), signature)

    def _two_texts(self, extra):
        return self._multi("mixed", self._text_part(extra), self._text_part("-- \nSent from a list\n", "us-ascii"))
