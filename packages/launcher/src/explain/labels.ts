import { type Finding, finding } from './finding.js';
import { poolsOn } from './pools.js';
import type { Snapshot } from './snapshot.js';

/** How many nodes of a label there are and are wanted, and what the pools that offer it do. */
export function whyLabel(name: string, snapshot: Snapshot): readonly Finding[] {
  const ready = snapshot.nodes.filter(
    ({ type, state, allocatedTo }) => type.includes(name) && state === 'ready' && allocatedTo === null,
  );
  const waiting = snapshot.requests.filter(
    ({ nodeTypes, state }) => nodeTypes.includes(name) && state !== 'fulfilled' && state !== 'failed',
  );
  const pools = poolsOn([name], snapshot);
  return [
    finding(
      `ready and not allocated: ${ready.length}, wanted by min-ready: ${snapshot.config?.labels.get(name)?.minReady ?? 'unknown'}`,
    ),
    finding(`requests that wait for it: ${waiting.length}`),
    ...(pools.length > 0 ? pools : [finding('no pool offers it', `configure a pool that offers ${name}`)]),
  ];
}
