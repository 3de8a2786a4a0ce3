import { formatAge } from '@nodepool/listings';
import { compareRequests, type Node, type NodeRequest, type NodeState, newestFirst } from '@nodepool/model';
import type { Snapshot } from '../snapshot.js';
import { poolsOn } from './pools.js';

/** What something is, and why it is as it is: one sentence each. */
export interface Explanation {
  readonly kind: 'node' | 'request' | 'image' | 'label';
  readonly name: string;
  readonly because: readonly string[];
}

/** Everything that goes by `name`: an image and a label often share one. */
export function explain(name: string, snapshot: Snapshot): readonly Explanation[] {
  const { nodes, requests, images, config } = snapshot;
  const node = nodes.find(({ id }) => id === name);
  const request = requests.find(({ id }) => id === name);
  const isImage = images.some(({ image }) => image === name) || config?.diskimages.has(name) === true;
  const isLabel =
    config?.labels.has(name) === true || snapshot.pools.some((pool) => pool.supportedLabels.includes(name));
  return [
    ...(node === undefined ? [] : [{ kind: 'node' as const, name, because: whyNode(node, snapshot) }]),
    ...(request === undefined ? [] : [{ kind: 'request' as const, name, because: whyRequest(request, snapshot) }]),
    ...(isImage ? [{ kind: 'image' as const, name, because: whyImage(name, snapshot) }] : []),
    ...(isLabel ? [{ kind: 'label' as const, name, because: whyLabel(name, snapshot) }] : []),
  ];
}

const meaningOfState: Readonly<Record<NodeState, string>> = {
  init: 'its record is made, its launch has not begun',
  building: 'the provider makes its instance, or the launcher waits until it answers',
  testing: 'it is being tested',
  ready: 'it can be given to a request',
  'in-use': 'its owner works with it',
  used: 'its owner has given it back; a launcher deletes it',
  hold: 'somebody keeps it; it stays until it is deleted or its time is over',
  deleting: 'a launcher deletes it and waits until the provider says that it is gone',
  failed: 'its launch has failed; a launcher deletes what is left',
  aborted: 'its provider had no room for it; a launcher removes the record',
  deleted: 'its record is about to go',
};

function whyNode(node: Snapshot['nodes'][number], snapshot: Snapshot): readonly string[] {
  const { state, stateTimeSec, allocatedTo, locked, comment, provider } = node;
  return [
    `${state} since ${since(stateTimeSec, snapshot)}: ${meaningOfState[state]}`,
    locked ? 'somebody holds its lock and works on it' : 'nobody holds its lock',
    ...(allocatedTo === null ? [] : [allocation(allocatedTo, snapshot)]),
    ...(comment === null ? [] : [`comment: ${comment}`]),
    ...(isOrphan(node, snapshot) ? [`no launcher serves provider ${provider}, so nobody goes on with it`] : []),
  ];
}

function isOrphan({ provider, state }: Node, { pools }: Snapshot): boolean {
  return state !== 'hold' && state !== 'in-use' && !pools.some(({ providerName }) => providerName === provider);
}

function allocation(id: string, { requests }: Snapshot): string {
  const request = requests.find((each) => each.id === id);
  return request === undefined
    ? `allocated to request ${id}, which is gone: a launcher takes it back`
    : `allocated to request ${id} (${request.state}) of ${request.requestor}`;
}

function whyRequest(request: NodeRequest, snapshot: Snapshot): readonly string[] {
  const { state, createdTimeSec, stateTimeSec, nodeTypes, requestor, declinedBy } = request;
  const head = `${state} since ${since(stateTimeSec, snapshot)}; made by ${requestor} ${since(createdTimeSec ?? stateTimeSec, snapshot)} ago for ${nodeTypes.join(', ')}`;
  switch (state) {
    case 'fulfilled':
      return [head, `has nodes ${request.nodes.join(', ')}; its requestor takes them`];
    case 'pending':
      return [head, ...gathering(request, snapshot), ...poolsOn(nodeTypes, snapshot, declinedBy)];
    case 'failed':
      return [head, 'every registered pool has declined it', ...offers(request, snapshot)];
    case 'requested':
      return [head, ahead(request, snapshot), ...offers(request, snapshot)];
  }
}

function offers({ nodeTypes, declinedBy }: NodeRequest, snapshot: Snapshot): readonly string[] {
  const lines = poolsOn(nodeTypes, snapshot, declinedBy);
  return lines.length > 0 ? lines : [`no pool offers ${[...new Set(nodeTypes)].join(' and ')} together`];
}

function ahead(request: NodeRequest, { requests }: Snapshot): string {
  const before = requests.filter((each) => each.state === 'requested' && compareRequests(each, request) < 0);
  return before.length === 0 ? 'it is the first in the queue' : `requests before it in the queue: ${before.length}`;
}

/** A pool has taken it: which of its nodes are there, which are under way. */
function gathering({ id, nodeTypes }: NodeRequest, snapshot: Snapshot): readonly string[] {
  const nodes = snapshot.nodes.filter(({ allocatedTo }) => allocatedTo === id);
  const missing = nodeTypes.length - nodes.length;
  return [
    ...nodes.map(
      (node) =>
        `node ${node.id} of ${node.provider}/${node.pool}: ${node.state} since ${since(node.stateTimeSec, snapshot)}`,
    ),
    ...(missing > 0 ? [`nodes without a record, for which its pool still needs room: ${missing}`] : []),
  ];
}

function whyImage(name: string, snapshot: Snapshot): readonly string[] {
  const { config, images, nowSec, builders } = snapshot;
  const known = images.find(({ image }) => image === name);
  const diskimage = config?.diskimages.get(name);
  const [ready] = newestFirst(known?.builds.filter(({ state }) => state === 'ready') ?? []);
  const [last] = newestFirst(known?.builds ?? []);
  const dueSec = (ready?.stateTimeSec ?? 0) + (diskimage?.rebuildAgeSec ?? 0);
  return [
    ready === undefined
      ? 'no build of it is ready'
      : `newest ready build ${ready.id}, ${since(ready.stateTimeSec, snapshot)} old`,
    ...(last !== undefined && last !== ready
      ? [`last build ${last.id}: ${last.state} since ${since(last.stateTimeSec, snapshot)}`]
      : []),
    ...(known?.paused === true || diskimage?.pause === true ? ['paused: nobody builds it'] : []),
    ...(known?.buildRequest === undefined ? [] : [`a build was asked for: ${known.buildRequest}`]),
    ...(diskimage === undefined ? ['this configuration has no such diskimage'] : []),
    ...(diskimage !== undefined && nowSec > dueSec ? ['a build is due'] : []),
    ...(builders.length === 0 ? ['no builder is running'] : []),
    ...uploadLines(name, snapshot),
  ];
}

function uploadLines(name: string, snapshot: Snapshot): readonly string[] {
  const uploads = snapshot.images.find(({ image }) => image === name)?.uploads ?? [];
  const wanting = [...(snapshot.config?.providers.values() ?? [])]
    .filter(({ diskimages }) => diskimages.some((each) => each.name === name))
    .map((provider) => provider.name);
  const providers = [...new Set([...wanting, ...uploads.map(({ provider }) => provider)])].sort();
  return providers.map((provider) => {
    const [last] = newestFirst(uploads.filter((upload) => upload.provider === provider));
    if (last === undefined) return `${provider}: not uploaded`;
    const reason = last.failureReason === null ? '' : `: ${last.failureReason}`;
    return `${provider}: upload ${last.id} of build ${last.buildId} ${last.state} since ${since(last.stateTimeSec, snapshot)}${reason}`;
  });
}

function whyLabel(name: string, snapshot: Snapshot): readonly string[] {
  const ready = snapshot.nodes.filter(
    ({ type, state, allocatedTo }) => type.includes(name) && state === 'ready' && allocatedTo === null,
  );
  const waiting = snapshot.requests.filter(
    ({ nodeTypes, state }) => nodeTypes.includes(name) && state !== 'fulfilled' && state !== 'failed',
  );
  const pools = poolsOn([name], snapshot);
  return [
    `ready and not allocated: ${ready.length}, wanted by min-ready: ${snapshot.config?.labels.get(name)?.minReady ?? 'unknown'}`,
    `requests that wait for it: ${waiting.length}`,
    ...(pools.length > 0 ? pools : ['no pool offers it']),
  ];
}

function since(timeSec: number, { nowSec }: Snapshot): string {
  return formatAge(timeSec, nowSec * 1000);
}
