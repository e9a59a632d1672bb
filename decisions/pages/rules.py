"""Why a line stands in the ledger, in plain words: the paragraph of law, or whose word it was; pure."""

from decisions.words import Words

_LAWS = ("renteloven", "inkassoloven")
_KNOWN = {  # as dunning writes them
    "the ERP": "erp",
    "the company's answer": "answer",
    "the company's word": "word",
    "the company's fee policy": "policy",
    "the company wrote off the rest": "written_off",
    "written off": "written_off",
    "the invoice was credited": "credited",
    "paid before it was sent": "paid_first",
    "the letter was refused": "refused",
    "the letter bounced": "bounced",
    "sent when it was over": "over",
    "paid or credited earlier": "earlier",
    "a consumer": "consumer",
    "stopped": "stopped",
    "withdrawn": "withdrawn",
    "not_worth_dunning": "not_worth_dunning",
    "disputed": "disputed",
    "said_paid": "said_paid",
    "company": "company",
}
_WITHDRAWN = "the letter was withdrawn"


def rule(text: str, say: Words) -> str:
    """Nothing for a rule that has no words."""
    if text.startswith(_LAWS):
        return text.replace(" and ", f" {say('told.and')} ")
    name = "letter_withdrawn" if text.startswith(_WITHDRAWN) else _KNOWN.get(text)
    return say(f"told.rule.{name}") if name else ""
