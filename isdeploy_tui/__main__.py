"""``python -m isdeploy_tui``."""

import sys

from isdeploy_tui.cli import main

sys.exit(main())
