"""What customers see: the survey's pages in each language, and mails, with the company's name, logo, address and imprint.

With AFTERCARE_PAGES=FOLDER the pages and the mails' HTML are left there, for tests/page to look at.
"""
# SPDX-License-Identifier: Apache-2.0
import base64
import os
import pathlib

import pytest

import survey_world
from claims import AGENT, MANAGER, do, file_claim, make_sold, photos, set_now
from survey_world import answer_by_phone, contact_of, invite, open_page, pass_days, send_page, wait_state
from world import make_name

STAGE = survey_world.MAIL_STAGE
LOGO_URL = "https://shop.example/logo.svg"
LOGO = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 48" width="200" height="48"><rect width="48" height="48" rx="10" '
        'fill="#0b57a4"/><text x="60" y="33" font-family="sans-serif" font-size="26" fill="#1b1b1f">Example</text></svg>')
COMPANY, ADDRESS, IMPRINT = "Example Appliances GmbH", "Musterstraße 1", "https://example.com/imprint"


@pytest.fixture(autouse=True, scope="module", name="mailbox")
def mailbox_fixture(stage, web, tmp_path_factory):
    """An installation with a logo, which asks by mail; and the mail server."""
    policy = survey_world.changed_policy(tmp_path_factory.mktemp("policy"), "  imprint_url:", f"  logo_url: {LOGO_URL}\n  imprint_url:")
    with survey_world.by_mail(stage, web, ("survey_invitation", "claim_approved"), policy) as made:
        yield made


def keep(name, page):
    """Leaves a page for people and tests/page; the logo goes with it, as nothing is fetched there."""
    if os.environ.get("AFTERCARE_PAGES"):
        picture = "data:image/svg+xml;base64," + base64.b64encode(LOGO.encode()).decode()
        path = pathlib.Path(os.environ["AFTERCARE_PAGES"]) / f"{name}.html"
        path.write_text(page.replace(LOGO_URL, picture), encoding="utf-8")


def check(page, language, title, name=None):
    """A page of ours, in its language. With a name it is kept."""
    if name:
        keep(name, page)
    assert f'<html lang="{language}">' in page and f"<h1>{title}</h1>" in page and "<script" not in page
    assert f'<img src="{LOGO_URL}" alt="{COMPANY}"' in page
    assert COMPANY in page and ADDRESS in page and f'href="{IMPRINT}"' in page


@pytest.mark.parametrize("language, title, missing, thanks", [
    ("en", "How did we do?", "Please answer this question.", "Thank you"),
    ("de", "Wie zufrieden sind Sie mit uns?", "Bitte beantworten Sie diese Frage.", "Vielen Dank"),
    ("fr", "Êtes-vous satisfait de notre service ?", "Veuillez répondre à cette question.", "Merci"),
])
def test_the_survey_asks_says_what_is_missing_and_thanks(stage, web, language, title, missing, thanks):
    invitation = invite(stage, web, language=language)
    answer, page = open_page(stage, web, invitation)
    assert answer.status == 200
    check(page, language, title, f"survey-form-{language}")
    again = send_page(web, page, recommend="9", words="Schön & gut").body.decode()
    check(again, language, title, "survey-missing-de" if language == "de" else None)
    assert missing in again
    sent = send_page(web, again, recommend="9", satisfaction="5", ease="6", words="Schön & gut")
    assert sent.status == 200
    check(sent.body.decode(), language, thanks, "survey-thanks-fr" if language == "fr" else None)


def test_the_survey_says_why_it_can_not_be_answered(stage, web):
    answered, dismissed, expired = (invite(stage, web, language="en") for _ in range(3))
    answer_by_phone(web, answered)
    assert web.post(f"/v1/invitations/{dismissed['invitation_id']}:dismiss", AGENT, {}).status == 200
    pass_days(stage, 31)
    wait_state(web, expired, "EXPIRED")
    for name, invitation, status, title in (("answered", answered, 409, "Your answers are here already"),
                                            ("dismissed", dismissed, 409, "We will not ask again"),
                                            ("expired", expired, 410, "This survey has ended")):
        answer, page = open_page(stage, web, invitation)
        assert answer.status == status
        check(page, "en", title, f"survey-{name}-en")


def test_a_form_that_says_do_not_ask_me_is_answered_in_its_language(stage, web):
    invitation = invite(stage, web, language="de")
    sent = send_page(web, open_page(stage, web, invitation)[1], **{"!dismiss": "1"})
    assert sent.status == 200
    check(sent.body.decode(), "de", "Wir fragen nicht noch einmal")


@pytest.mark.parametrize("contact_language, header, language", [
    ("", "pl, fr-CH;q=0.9, de;q=0.5", "fr"), ("pl", "en;q=0.1, de", "de"), ("de", "fr", "de"), ("", "pl", "en"), ("", "\"\\;;q=", "en"),
])
def test_whose_language_nobody_knows_gets_the_browsers(stage, web, contact_language, header, language):
    invitation = invite(stage, web, language=contact_language)
    link = contact_of(stage, invitation).link
    page = web.get(link, Accept_Language=header)
    assert page.status == 200 and f'<html lang="{language}">' in page.body.decode()
    switched = web.get(f"{link}&language=fr", Accept_Language=header)
    assert '<html lang="fr">' in switched.body.decode()


def test_mails_carry_the_company(stage, web, mailbox):
    invited, approved = (f"{make_name('person')}@example.org" for _ in range(2))
    invite(stage, web, person=invited.partition("@")[0])
    mailbox.wait_for(invited)  # before the clock goes back
    set_now(stage, "2026-04-01T12:00+02:00")
    serial = make_sold(web, delivery_date="2026-03-15", price_paid={"minor": 59900, "currency_code": "EUR"})
    contact = {"name": "Ada Lovelace", "email": approved, "language": "en"}
    do(web, file_claim(web, serial, documents=photos(web), contact=contact), "approve", MANAGER, reason="seen")
    for address, subject, name in ((invited, "Wie zufrieden waren Sie mit uns?", "mail-invitation-de"),
                                   (approved, f"Your claim for {serial} is approved", "mail-decision-en")):
        mail, = mailbox.wait_for(address)
        html = mail.get_body(("html",)).get_content()
        assert mail["Subject"] == subject
        keep(name, html)
        assert ADDRESS in html and f'src="{LOGO_URL}"' in html and f'alt="{COMPANY}"' in html and f'href="{IMPRINT}"' in html
