import type { ExternalId } from '@nodepool/driver-api';
import { externalIdText } from '@nodepool/driver-api';
import type { Logger } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';
import type { ProviderRuntime } from '../providers/provider-runtime.js';

/**
 * Ends an instance whose record we have lost, unless the record names it: then whoever has the record now ends it.
 * The leak sweep would find it as well, a minute later. Never rejects.
 */
export async function endOrphan(
  nodeId: string,
  externalId: ExternalId,
  { store, runtime, log }: { readonly store: Store; readonly runtime: ProviderRuntime; readonly log: Logger },
): Promise<void> {
  if (runtime.signal.aborted) return;
  try {
    const named = (await store.nodes.get(nodeId))?.record.externalId ?? null;
    if (named !== null && externalIdText(named) === externalIdText(externalId)) return;
    await runtime.provider.terminate(externalId, { signal: runtime.signal, log });
    log.info({ nodeId, externalId }, 'ended instance that has lost its record');
  } catch (error) {
    log.info({ nodeId, externalId, error }, 'instance without record is left to the leak sweep');
  }
}
