"""How Ansible reads values of INI inventories, and how it takes lines apart. `None`: it cannot, or JSON has no form for it."""
import json
import sys
import warnings

from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.inventory.ini import InventoryModule
from ansible.utils.shlex import shlex_split

warnings.simplefilter("ignore")


def value(text):
    try:
        read = InventoryModule._parse_value(text)
        return json.dumps(read, cls=AnsibleJSONEncoder, sort_keys=True, indent=4, ensure_ascii=False)
    except (TypeError, ValueError):
        return None


def words(text):
    try:
        return shlex_split(text, comments=True)
    except ValueError:
        return None


print(json.dumps([[value(text), words(text)] for text in json.load(sys.stdin)]))
