import type { Node, NodeState } from '@nodepool/model';
import { type Finding, finding } from './finding.js';
import { since } from './since.js';
import type { Snapshot } from './snapshot.js';

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

/** What a node is, who has it, and who goes on with it. */
export function whyNode(node: Snapshot['nodes'][number], snapshot: Snapshot): readonly Finding[] {
  const { id, state, stateTimeSec, allocatedTo, locked, comment, provider } = node;
  const isTaken = state === 'ready' && allocatedTo !== null;
  const meaning = isTaken ? 'whoever made its request may lock and use it' : meaningOfState[state];
  return [
    finding(
      `${state} for ${since(stateTimeSec, snapshot)}: ${meaning}`,
      state === 'hold' ? `delete it when nobody needs it any more: nodepool delete ${id}` : undefined,
    ),
    finding(locked ? 'somebody holds its lock and works on it' : 'nobody holds its lock'),
    ...(allocatedTo === null ? [] : [finding(allocation(allocatedTo, snapshot))]),
    ...(comment === null ? [] : [finding(`comment: ${comment}`)]),
    ...(isOrphan(node, snapshot) ? [orphan(provider)] : []),
  ];
}

function isOrphan({ provider, state }: Node, { pools }: Snapshot): boolean {
  return state !== 'hold' && state !== 'in-use' && !pools.some(({ providerName }) => providerName === provider);
}

function orphan(provider: string | null): Finding {
  return finding(
    `no launcher serves provider ${provider}, so nobody goes on with it`,
    `start a launcher whose configuration has provider ${provider}`,
  );
}

function allocation(id: string, { requests }: Snapshot): string {
  const request = requests.find((each) => each.id === id);
  return request === undefined
    ? `allocated to request ${id}, which is gone: a launcher takes it back`
    : `allocated to request ${id} (${request.state}) of ${request.requestor}`;
}
