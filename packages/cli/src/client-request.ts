import type { NodeRequest } from '@nodepool/model';
import { nowSec } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';
import type { CommandContext } from './command.js';

const requestorPrefix = 'nodepool-cli:';

/** The priority that Zuul gives to its ordinary requests. */
const priority = '100';

/** Whether a request was made by this command, by whichever operator. */
export function isOperatorRequest({ requestor }: NodeRequest): boolean {
  return requestor?.startsWith(requestorPrefix) === true;
}

/**
 * Creates a request that outlives this process.
 *
 * @returns its id.
 */
export async function createRequest(
  context: CommandContext,
  store: Store,
  wanted: { readonly labels: readonly string[]; readonly provider: string | undefined },
): Promise<string> {
  const { record } = await store.requests.create(
    {
      createdTimeSec: nowSec(context.clock),
      nodeTypes: wanted.labels,
      reuse: true,
      requestor: `${requestorPrefix}${context.operator}`,
      requestorData: null,
      provider: wanted.provider ?? null,
      relativePriority: 0,
      eventId: context.random.hexId(),
      tenantName: null,
    },
    { priority, ephemeral: false },
  );
  return record.id;
}

/** Labels that no registered pool offers: a request for them waits until one does. */
export async function unofferedLabels(store: Store, labels: readonly string[]): Promise<readonly string[]> {
  const pools = await store.components.list('pool');
  const offered = new Set(pools.flatMap((pool) => ('supportedLabels' in pool ? pool.supportedLabels : [])));
  return [...new Set(labels)].filter((label) => !offered.has(label));
}
