import pytest

from common.paying import Payment, how_to_pay

LINE, CREDITOR, ACCOUNT, DETAILS = "+71<000000000104216+12345678<", "87654321", "1234 0001234567", ("MobilePay 12345",)


@pytest.mark.parametrize(
    ("given", "payment"),
    [
        ((LINE, CREDITOR, ACCOUNT, DETAILS), Payment("fik", (LINE,), names_invoice=False)),
        ((f"  {LINE} ", "", "", ()), Payment("fik", (LINE,), names_invoice=False)),
        (("", CREDITOR, ACCOUNT, DETAILS), Payment("fik", ("+73< +87654321<",), names_invoice=True)),
        (("  ", "", ACCOUNT, DETAILS), Payment("bank", (ACCOUNT,), names_invoice=True)),
        (("", "", "", (" MobilePay 12345 ", "", " ")), Payment("details", DETAILS, names_invoice=True)),
        (("", "", "", ("", " ")), Payment("invoice", (), names_invoice=True)),
    ],
    ids=["the invoice's own line", "that line alone", "creditor number", "bank account", "own words", "the invoice"],
)
def test_what_is_there_first_is_how_it_is_paid(given: tuple[str, str, str, tuple[str, ...]], payment: Payment) -> None:
    assert how_to_pay(*given) == payment
