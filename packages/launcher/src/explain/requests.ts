import { addResources, compareRequests, exceededResources, type NodeRequest, type Resources } from '@nodepool/model';
import { type Finding, finding } from './finding.js';
import { poolsOn } from './pools.js';
import { since } from './since.js';
import type { Snapshot } from './snapshot.js';

/** Where a request stands, which pools could take it, and what each of them does about it. */
export function whyRequest(request: NodeRequest, snapshot: Snapshot): readonly Finding[] {
  const { state, createdTimeSec, stateTimeSec, nodeTypes, requestor, declinedBy } = request;
  const head = finding(
    `${state} for ${since(stateTimeSec, snapshot)}; made by ${requestor} ${since(createdTimeSec ?? stateTimeSec, snapshot)} ago for ${nodeTypes.join(', ')}`,
  );
  switch (state) {
    case 'fulfilled':
      return [head, finding(`has nodes ${request.nodes.join(', ')}; its requestor takes them`)];
    case 'pending':
      return [head, ...gathering(request, snapshot), ...poolsOn(nodeTypes, snapshot, declinedBy)];
    case 'failed':
      return [head, finding('every registered pool has declined it'), ...offers(request, snapshot)];
    case 'requested':
      return [head, ahead(request, snapshot), ...tenant(request, snapshot), ...offers(request, snapshot)];
  }
}

function offers({ nodeTypes, declinedBy }: NodeRequest, snapshot: Snapshot): readonly Finding[] {
  const lines = poolsOn(nodeTypes, snapshot, declinedBy);
  if (lines.length > 0) return lines;
  const labels = [...new Set(nodeTypes)].join(' and ');
  return [finding(`no pool offers ${labels} together`, `configure a pool that offers ${labels}`)];
}

function ahead(request: NodeRequest, { requests }: Snapshot): Finding {
  const before = requests.filter((each) => each.state === 'requested' && compareRequests(each, request) < 0);
  return finding(
    before.length === 0 ? 'it is the first in the queue' : `requests before it in the queue: ${before.length}`,
  );
}

/** The limits of its tenant, where they are in the way by the number of instances: what else it takes depends on the pool. */
function tenant({ tenantName, nodeTypes }: NodeRequest, { config, nodes }: Snapshot): readonly Finding[] {
  const limits = tenantName === null ? undefined : config?.tenantLimits.get(tenantName);
  if (limits === undefined) return [];
  const used = nodes
    .filter((node) => node.tenantName === tenantName)
    .map(({ resources }) => resources ?? { instances: 1 })
    .reduce<Resources>(addResources, {});
  return exceededResources(limits, used, { instances: nodeTypes.length }).map((key) =>
    finding(
      `tenant ${tenantName} is short of ${key} (${used[key] ?? 0} of ${limits[key]} used)`,
      `wait until tenant ${tenantName} gives nodes back, or raise its limits`,
    ),
  );
}

/** A pool has taken it: which of its nodes are there, which are under way. */
function gathering({ id, nodeTypes }: NodeRequest, snapshot: Snapshot): readonly Finding[] {
  const nodes = snapshot.nodes.filter(({ allocatedTo }) => allocatedTo === id);
  const missing = nodeTypes.length - nodes.length;
  return [
    ...nodes.map((node) =>
      finding(
        `node ${node.id} of ${node.provider}/${node.pool}: ${node.state} for ${since(node.stateTimeSec, snapshot)}`,
      ),
    ),
    ...(missing > 0 ? [finding(`nodes without a record, for which its pool still needs room: ${missing}`)] : []),
  ];
}
