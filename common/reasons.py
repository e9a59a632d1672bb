"""Why an invoice was set aside, in the words of the person who is to put it right; pure.

The fetcher's own words name fields of the ERP's interface. What is not known here is shown as it is.
"""

import re

FIELDS = {
    "da": {
        "amount_vat": "beløbet",
        "payed_amount": "det betalte beløb",
        "payment_date": "forfaldsdatoen",
        "payed_date": "betalingsdatoen",
        "date": "fakturadatoen",
        "invoice_number": "fakturanummeret",
        "customer_number": "kundenummeret",
        "type": "fakturatypen",
        "currency": "valutaen",
        "currency_id": "valutaen",
        "currency_code": "valutaen",
    },
    "en": {
        "amount_vat": "the amount",
        "payed_amount": "the amount paid",
        "payment_date": "the due date",
        "payed_date": "the date of payment",
        "date": "the date of the invoice",
        "invoice_number": "the invoice number",
        "customer_number": "the customer number",
        "type": "the type of the invoice",
        "currency": "the currency",
        "currency_id": "the currency",
        "currency_code": "the currency",
    },
}
SAYS = {
    "da": (
        (r"amount_vat is (\S+) of an ordinary invoice", "beløbet er negativt: {0} kr."),
        (r"payment_date is (\S+), before it was issued on (\S+)", "forfaldsdatoen {0} ligger før fakturadatoen {1}"),
        (r"it is listed twice, and differently", "den står der to gange med forskellige oplysninger"),
        (r"of its debtor (.+)", "hos kunden: {0}"),
        (r"(\w+) is missing", "{0} mangler"),
        (r"(\w+) is (.+)", "{0} kan ikke være {1}"),
    ),
    "en": (
        (r"amount_vat is (\S+) of an ordinary invoice", "the amount is negative: {0} kr."),
        (r"payment_date is (\S+), before it was issued on (\S+)", "the due date {0} is before the invoice's date {1}"),
        (r"it is listed twice, and differently", "it stands there twice, and differently"),
        (r"of its debtor (.+)", "of the customer: {0}"),
        (r"(\w+) is missing", "{0} is missing"),
        (r"(\w+) is (.+)", "{0} can't be {1}"),
    ),
}


def in_words(reason: str, language: str) -> str:
    """
    >>> in_words("payment_date is missing", "da")
    'forfaldsdatoen mangler'
    """
    for pattern, says in SAYS[language]:
        if found := re.fullmatch(pattern, reason):
            parts = [in_words(part, language) for part in found.groups()]
            return says.format(*parts)
    return FIELDS[language].get(reason, reason)
