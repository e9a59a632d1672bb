"""An empty Starlette endpoint, served as the portal is: `python -m tests.bench.endpoint HOST:PORT`."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def nothing(request: Request) -> Response:
    return Response(status_code=204)


def main(bind: str) -> None:
    host, _, port = bind.partition(":")
    app = Starlette(routes=[Route("/", nothing, methods=["POST"])])
    uvicorn.run(app, host=host, port=int(port), http="h11", log_level="warning", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1])
