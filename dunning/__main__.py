"""python -m dunning"""

from common import boot
from dunning.app import serve

boot.run("dunning", serve)
