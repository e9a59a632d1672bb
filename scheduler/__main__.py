"""python -m scheduler"""

from common import boot
from scheduler.app import serve

boot.run("scheduler", serve)
