"""Where the keeper's modules are."""

import os
import sys

KEEPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../roles/mysql/files/keeper")
sys.path[:0] = [KEEPER, KEEPER + "/decisions"]
