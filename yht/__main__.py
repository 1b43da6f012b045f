"""``python -m yht``: the command line."""

import sys

from yht.cli import main

sys.exit(main())
