"""What Ansible selects with each of many limits, and whether it had something to say against a pattern."""
import json
import sys

from ansible.errors import AnsibleError
from ansible.inventory import manager as inventory_manager
from ansible.parsing.dataloader import DataLoader

warned = []


def note(message, *args, **kwargs):
    # It reads the older form of a range as the newer one all the same.
    if not message.startswith("Use [x:y]"):
        warned.append(message)


inventory_manager.display.warning = note
# One inventory for all limits: reading it again for each would take minutes.
manager = inventory_manager.InventoryManager(loader=DataLoader(), sources=["hosts.yml"])
out = []
for limit in json.load(sys.stdin):
    warned.clear()
    manager.clear_caches()
    manager.clear_pattern_cache()
    try:
        manager.subset(limit)
        empty = [p for p in manager._subset if p and p not in manager.hosts and not manager._match_one_pattern(p)]
        hosts = [h.name for h in manager.get_hosts("all")]
        refused = bool(empty or warned or not hosts)
        out.append({"hosts": sorted(hosts), "refused": refused})
    except AnsibleError:
        out.append({"hosts": [], "refused": True})
print(json.dumps(out))
