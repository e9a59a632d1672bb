"""The business clock, the mail server and the ERP. No mail is sent, and no company's key is used."""

from urllib.parse import urlsplit

from common import clock
from common.calendar import local_date
from common.settings import Settings, is_loopback
from deploy.doctor.finding import Finding, bad, good, soon

PATIENCE = 15.0  # seconds for the ERP


def clock_file(settings: Settings) -> Finding:
    """Whoever reads this has found the file readable: else the settings were refused."""
    if not settings.clock_path:
        return good("business clock", "is the real one")
    pace = f"{clock.speed():g} times as fast" if clock.speed() else "stopped"
    now = f"{clock.business_now():%Y-%m-%d %H:%M} UTC, {pace}"
    return good("business clock", f"{settings.clock_path} says {now}: for trials only")


def mail_server(settings: Settings) -> Finding:
    from notifier.mailer import Away, Mailer

    where = urlsplit(settings.smtp_url)
    about = f"mail server {where.hostname}"
    mailer = Mailer(settings.smtp_url, settings.mail_from, settings.smtp_timeout)
    try:
        mailer.greet()
    except Away as error:
        return bad(about, str(error), "are RYKKER_SMTP_URL's scheme, host, port, user and password right?")
    finally:
        mailer.close()
    log_in = "and takes our password" if where.username else "and asks for no password"
    if where.scheme == "smtp" and not is_loopback(where.hostname or ""):
        return bad(about, "answers, but mails go there unencrypted", "smtp+starttls:// or smtps:// in RYKKER_SMTP_URL")
    return good(about, f"answers {'' if where.scheme == 'smtp' else 'with TLS '}{log_in}")


def bounces(settings: Settings) -> Finding:
    """Whether anybody notices a letter that came back."""
    from notifier.postbox import Away, Postbox

    about = "bounces"
    if not settings.bounce_address:
        wrong = "aren't noticed: a reminder that came back counts as sent, and its fee stands"
        return soon(about, wrong, "set RYKKER_BOUNCE_ADDRESS, and RYKKER_IMAP_URL or `rykker bounce`")
    if not settings.imap_url:
        return good(about, f"come to {settings.bounce_address}; `rykker bounce` has to be given them")
    try:
        Postbox(settings.imap_url).greet()
    except Away as error:
        return bad(about, str(error), "are RYKKER_IMAP_URL's host, user, password and folder right?")
    return good(about, f"come to {settings.bounce_address}, and are read every minute")


def erp(settings: Settings) -> Finding:
    from fetcher.erp import KeyRefused, Unavailable
    from fetcher.ordrestyring import Ordrestyring

    where = urlsplit(settings.erp_url)
    about = f"ERP {where.hostname}"
    if where.scheme == "http" and not is_loopback(where.hostname or ""):
        return bad(about, "companies' keys would go there unencrypted", "https:// in RYKKER_ERP_URL")
    try:
        Ordrestyring(settings.erp_url, "", PATIENCE).page(None, local_date(clock.real_now()), 1)
    except KeyRefused:
        return good(about, f"answers{' with TLS' if where.scheme == 'https' else ''}, and refuses who has no key")
    except Unavailable as error:
        return bad(about, f"can't be asked: {error}", "is RYKKER_ERP_URL right, and its certificate valid?")
    return bad(about, "answers without a key", "is RYKKER_ERP_URL really Ordrestyring's REST v2?")
