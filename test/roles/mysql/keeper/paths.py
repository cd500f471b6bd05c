"""Where the keeper's modules are."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../roles/mysql/files/keeper"))
