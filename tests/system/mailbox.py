"""A mail server that is not ours (aiosmtpd), which keeps what it gets and refuses what it is told to."""
# SPDX-License-Identifier: Apache-2.0
import email
import email.policy

from aiosmtpd.controller import Controller

from run import choose_port
from stage import wait_until


class Mailbox:
    """Listens on a port of the loopback until it is closed."""

    def __init__(self):
        self.mails = []
        self.answers = []  # what is answered to the next mails, as "451 later"; then they are taken
        self.before_answer = None  # what is done before the next answers
        self.refused = set()  # addresses that nobody has
        self.port, self.controller = choose_port(0), None
        self.listen()

    def environment(self):
        """What has notify send by it."""
        return {
            "AFTERCARE_NOTIFY_MAIL_FROM": "service@shop.example",
            "AFTERCARE_NOTIFY_SMTP_IS_PLAIN": "yes",
            "AFTERCARE_NOTIFY_SMTP_URL": f"smtp://127.0.0.1:{self.port}",
        }

    def listen(self):
        """Listens, for the first time or again."""
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=20)
        self.controller.start()

    async def handle_DATA(self, _server, _session, envelope):  # pylint: disable=invalid-name
        """What aiosmtpd calls for each mail."""
        if self.refused.intersection(envelope.rcpt_tos):
            return "550 no such user"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        mail.rcpt_tos, mail.mail_from = envelope.rcpt_tos, envelope.mail_from
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            self.mails.append(mail)
        if self.before_answer:
            self.before_answer()
        return answer

    def wait_for(self, address, count=1):
        """The mails to an address, once there are so many."""
        wait_until(lambda: len(self.to(address)) >= count, f"{count} mails for {address} have come")
        return self.to(address)

    def to(self, address):
        """The mails to an address so far."""
        return [mail for mail in self.mails if address in mail.rcpt_tos]

    def close(self):
        """Listens no more."""
        self.controller.stop()


def plain(mail):
    """The plain text of a mail."""
    return mail.get_body(("plain",)).get_content()
