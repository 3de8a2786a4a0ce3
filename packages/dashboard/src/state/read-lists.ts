import type { ApiClient } from '../api/client.js';
import type { Overview } from '../api/types.js';
import type { Lists } from './snapshot.js';

/** Reads everything once; what changes meanwhile is in the frames that follow the `reset`. */
export async function readLists(client: ApiClient, signal: AbortSignal): Promise<Lists> {
  const list = <Item>(name: string): Promise<readonly Item[]> => client.list<Item>(`/${name}`, signal);
  const [overview, nodes, requests, images, providers, pools, labels, components, builders] = await Promise.all([
    client.call<Overview>('/overview', { signal }),
    list<Lists['nodes'][number]>('nodes'),
    list<Lists['requests'][number]>('requests'),
    list<Lists['images'][number]>('images'),
    list<Lists['providers'][number]>('providers'),
    list<Lists['pools'][number]>('pools'),
    list<Lists['labels'][number]>('labels'),
    list<Lists['components'][number]>('components'),
    list<Lists['builders'][number]>('builders'),
  ]);
  return { overview, nodes, requests, images, providers, pools, labels, components, builders };
}
