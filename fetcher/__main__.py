"""python -m fetcher"""

from common import boot
from fetcher.app import serve

boot.run("fetcher", serve)
