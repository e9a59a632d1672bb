"""The control door of the stand-in ERP: what a test, or the demo, does to it. No password; loopback only."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.sandbox.faults import Calls, Faults
from deploy.sandbox.fields import DEBTORS, INVOICES
from deploy.sandbox.invoices import Invoices
from deploy.sandbox.serving import answer, body_of
from deploy.sandbox.state import State
from deploy.sandbox.wire import Company, Cut, Delay, ErpFault, Malformed, NewInvoice, Payment, Status

CREATED = 201
AnyFault = Status | Delay | Cut | Malformed


class Door:
    """The routes under /_sandbox."""

    def __init__(self, state: State, invoices: Invoices, faults: Faults[ErpFault], calls: Calls) -> None:
        self._state, self._invoices, self._faults, self._calls = state, invoices, faults, calls

    async def add_company(self, request: Request) -> Response:
        company = await body_of(request, Company)
        await run_in_threadpool(self._state.save_company, company)
        return answer(company, CREATED)

    def revoke(self, request: Request) -> Response:
        self._state.revoke(request.path_params["key"])
        return answer({"revoked": request.path_params["key"]})

    async def add_invoices(self, request: Request) -> Response:
        news = await body_of(request, list[NewInvoice] | NewInvoice)
        if isinstance(news, list):
            return answer(await run_in_threadpool(self._invoices.add, news), CREATED)
        return answer((await run_in_threadpool(self._invoices.add, [news]))[0], CREATED)

    async def pay(self, request: Request) -> Response:
        payment = await body_of(request, Payment)
        return answer(await run_in_threadpool(self._invoices.pay, request.path_params["number"], payment))

    def credit(self, request: Request) -> Response:
        return answer(self._invoices.credit(request.path_params["number"], _key(request)))

    async def change_invoice(self, request: Request) -> Response:
        wanted = await body_of(request, dict[str, Any])
        number = request.path_params["number"]
        return answer(await run_in_threadpool(self._invoices.change, INVOICES, number, _key(request), wanted))

    def delete(self, request: Request) -> Response:
        self._invoices.delete(request.path_params["number"], _key(request))
        return answer({"deleted": request.path_params["number"]})

    async def change_debtor(self, request: Request) -> Response:
        wanted = await body_of(request, dict[str, Any])
        number = request.path_params["customer_number"]
        return answer(await run_in_threadpool(self._invoices.change, DEBTORS, number, _key(request), wanted))

    async def add_faults(self, request: Request) -> Response:
        rules = await body_of(request, list[AnyFault] | AnyFault)
        self._faults.add(rules if isinstance(rules, list) else [rules])
        return answer(self._faults.left(), CREATED)

    def clear_faults(self, _: Request) -> Response:
        self._faults.clear()
        return answer([])

    def calls(self, _: Request) -> Response:
        return answer(self._calls.table())

    def state(self, _: Request) -> Response:
        return answer({"companies": self._state.counts(), "faults": self._faults.left()})

    def routes(self) -> list[Route]:
        return [
            Route("/_sandbox/companies", self.add_company, methods=["POST"]),
            Route("/_sandbox/companies/{key}/revoke", self.revoke, methods=["POST"]),
            Route("/_sandbox/invoices", self.add_invoices, methods=["POST"]),
            Route("/_sandbox/invoices/{number:int}/pay", self.pay, methods=["POST"]),
            Route("/_sandbox/invoices/{number:int}/credit", self.credit, methods=["POST"]),
            Route("/_sandbox/invoices/{number:int}", self.change_invoice, methods=["PATCH"]),
            Route("/_sandbox/invoices/{number:int}", self.delete, methods=["DELETE"]),
            Route("/_sandbox/debtors/{customer_number}", self.change_debtor, methods=["PATCH"]),
            Route("/_sandbox/faults", self.add_faults, methods=["POST"]),
            Route("/_sandbox/faults", self.clear_faults, methods=["DELETE"]),
            Route("/_sandbox/calls", self.calls),
            Route("/_sandbox/state", self.state),
        ]


def _key(request: Request) -> str | None:
    return request.query_params.get("key")
