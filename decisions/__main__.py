from common import boot
from decisions.app import serve

if __name__ == "__main__":
    boot.run("decisions", serve)
