"""The directory in which the `fake` driver keeps its cloud: one file per instance."""

import json
import os
import time
import uuid


class Cloud:
    def __init__(self, directory):
        self.instances = os.path.join(directory, "instances")
        os.makedirs(self.instances, exist_ok=True)

    def create(self, provider, pool, node):
        """The id of a new instance, tagged with its node."""
        external_id = uuid.uuid4().hex
        tags = {
            "nodepool_node_id": node,
            "nodepool_pool_name": pool,
            "nodepool_provider_name": provider,
        }
        record = {
            "id": external_id,
            "hostname": "np" + node,
            "tags": tags,
            "az": "az1",
            "resources": {"cores": 4, "instances": 1, "ram": 8192},
            "runsAtMs": time.time() * 1000,
            "fails": False,
        }
        draft = os.path.join(self.instances, external_id + ".draft")
        with open(draft, "w", encoding="utf8") as file:
            json.dump(record, file)
        os.rename(draft, os.path.join(self.instances, external_id + ".json"))
        return external_id

    def delete(self, external_id):
        for name in os.listdir(self.instances):
            if name.split(".")[0] == external_id:
                try:
                    os.remove(os.path.join(self.instances, name))
                except FileNotFoundError:
                    pass
