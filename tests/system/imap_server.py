"""A mailbox that is not ours: Debian's dovecot as a plain process on the loopback, with its files in a folder of its own."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import grp
import imaplib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from run import choose_port
from stage import wait_until

USER, PASSWORD = "service", "a secret"
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {inner}
default_internal_group = {group}
default_login_user = {inner}
first_valid_uid = 1
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
mail_fsync = never
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
"""


def make_certificate(folder, name):
    """A certificate for 127.0.0.1 that signs itself: its file, which is also who it is to be judged by."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
                   check=True, capture_output=True)
    return folder / f"{name}.pem"


class ImapServer:
    """Listens until it is closed."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aftercare-dovecot-", dir="/tmp"))
        self.owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.port, self.tls_port = choose_port(0), choose_port(0)
        self.sequence = 0
        self.certificate = make_certificate(self.folder, "server")
        self.password_file = self.folder / "password"
        self.password_file.write_text(PASSWORD + "\n", encoding="ascii")
        self._write_files()
        self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(self.folder / "config")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, "dovecot answers")

    def _write_files(self):
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="ascii")
        for name in ("mail", "mail/tmp", "mail/new", "mail/cur"):
            (self.folder / name).mkdir()
        inner = self.owner.pw_name
        (self.folder / "config").write_text(CONFIG.format(
            folder=self.folder, inner=inner, group=grp.getgrgid(self.owner.pw_gid).gr_name, uid=self.owner.pw_uid, gid=self.owner.pw_gid,
            port=self.port, tls_port=self.tls_port), encoding="ascii")
        self.folder.chmod(0o755)
        for path in [self.folder, *self.folder.rglob("mail*")]:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)
        for path in (self.folder / "mail").rglob("*"):
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def _answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            with self.look():
                return True
        return False

    @contextlib.contextmanager
    def look(self):
        """A client of the mailbox, which is not ours either."""
        client = imaplib.IMAP4("127.0.0.1", self.port)
        try:
            client.login(USER, PASSWORD)
            client.select("INBOX")
            yield client
        finally:
            client.logout()

    def deliver(self, message):
        """Puts a message (bytes) into the mailbox, as a mail server does: whatever it holds."""
        self.sequence += 1
        name = f"{self.sequence}.{self.process.pid}.test"
        path = self.folder / "mail" / "tmp" / name
        path.write_bytes(message)
        os.chown(path, self.owner.pw_uid, self.owner.pw_gid)
        path.rename(self.folder / "mail" / "new" / name)

    def count(self, what="UNSEEN"):
        """How many messages match an IMAP search."""
        with self.look() as client:
            return len(client.search(None, what)[1][0].split())

    def environment(self, port=None, **more):
        """What a daemon needs to read it, without TLS."""
        return {"AFTERCARE_NOTIFY_MAILBOX_URL": f"imap://127.0.0.1:{port or self.port}", "AFTERCARE_NOTIFY_MAILBOX_USER": USER,
                "AFTERCARE_NOTIFY_MAILBOX_PASSWORD_FILE": str(self.password_file), "AFTERCARE_NOTIFY_MAILBOX_IS_PLAIN": "yes",
                "AFTERCARE_NOTIFY_MAILBOX_PAUSE": "100ms"} | more

    def close(self):
        """Ends it, and takes everything away."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


class Liar:
    """A server that says of its one message that it is small, and then sends one without end; or answers what contains a word of `answers`
    with its bytes instead."""

    def __init__(self, answers=None):
        self.answers, self.heard = answers or {}, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._speak, args=(client,), daemon=True).start()

    def _speak(self, client):
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            client.sendall(b"* OK [CAPABILITY IMAP4rev1] here\r\n")
            for line in lines:
                tag, _, command = line.rstrip().partition(b" ")
                self.heard.append(command)
                own = next((self.answers[word] for word in self.answers if word in command), None)
                if own is not None:
                    client.sendall(own)
                elif command.startswith(b"UID SEARCH"):
                    client.sendall(b"* SEARCH 1\r\n")
                elif b"RFC822.SIZE" in command:
                    client.sendall(b"* 1 FETCH (UID 1 RFC822.SIZE 100)\r\n")
                elif b"BODY.PEEK[" in command:
                    client.sendall(b"* 1 FETCH (UID 1 BODY[]<0> {8000000000}\r\n")
                    while True:
                        client.sendall(bytes(65536))
                client.sendall(tag + b" OK\r\n")

    def close(self):
        """No more connections."""
        self.listener.close()


class Gate:
    """A way to a server that lets commands through until one has a word in it: that one, and all behind it, is held. What is to be
    stripped the server does not seem to say."""

    def __init__(self, port, word, strip=None):
        self.word, self.target, self.strip = word, port, strip
        self.is_held = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                threading.Thread(target=self._carry, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._carry, args=(server, client, False), daemon=True).start()

    def _carry(self, source, sink, is_client):
        with contextlib.suppress(OSError), source, sink:
            while data := source.recv(65536):
                if is_client and self.word in data:
                    self.is_held.set()
                    while source.recv(65536):
                        pass
                    return
                sink.sendall(data.replace(self.strip, b"X" * len(self.strip)) if self.strip and not is_client else data)

    def close(self):
        """No more connections."""
        self.listener.close()
