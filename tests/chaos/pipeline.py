"""A pipeline that notes that it was started, and for which request: `python -m tests.chaos.pipeline FILE`."""

import os
import sys
from pathlib import Path

STARTS = "starts.txt"


def main() -> None:
    """Add a line to the file."""
    with Path(sys.argv[1]).open("a") as file:
        file.write(os.environ["ETHIXBOT_REQUEST"] + "\n")


if __name__ == "__main__":
    main()
