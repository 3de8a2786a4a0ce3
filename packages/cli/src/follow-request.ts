import type { NodeRequest } from '@nodepool/model';
import type { Store } from '@nodepool/store';

/**
 * Waits, by watch, until a request is fulfilled or failed.
 *
 * @returns the request; undefined when it is gone.
 * @throws the signal's reason.
 */
export async function untilAnswered(store: Store, id: string, signal: AbortSignal): Promise<NodeRequest | undefined> {
  await using caches = await store.openCaches({ resourcesOf: () => ({}), signal });
  const { requests } = caches;
  const isOpen = (): boolean => ['requested', 'pending'].includes(requests.get(id)?.record.state ?? 'gone');
  await new Promise<void>((resolve, reject) => {
    const check = (): void => {
      if (!isOpen()) resolve();
    };
    requests.onChange(check);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    signal.throwIfAborted();
    check();
  });
  return requests.get(id)?.record;
}
