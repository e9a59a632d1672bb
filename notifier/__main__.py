"""python -m notifier"""

from common import boot
from notifier.app import serve

boot.run("notifier", serve)
