import { addResources, type Resources, subtractResources } from '@nodepool/model';
import type { NodeCache } from '@nodepool/store';

/** What tenants use: by the records, and by what this process has decided and not recorded yet. */
export class TenantUse {
  readonly #nodes: Pick<NodeCache, 'usedByTenant'>;
  readonly #reserved = new Map<string, Resources>();

  constructor(nodes: Pick<NodeCache, 'usedByTenant'>) {
    this.#nodes = nodes;
  }

  of(tenant: string): Resources {
    return addResources(this.#nodes.usedByTenant(tenant), this.#reserved.get(tenant) ?? {});
  }

  /** @returns what to call, once or more often, when the records show the use. */
  reserve(tenant: string | null, needed: Resources): () => void {
    if (tenant === null) return () => undefined;
    this.#reserved.set(tenant, addResources(this.#reserved.get(tenant) ?? {}, needed));
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = subtractResources(this.#reserved.get(tenant) ?? {}, needed);
      if (Object.values(left).every((amount) => amount === 0)) this.#reserved.delete(tenant);
      else this.#reserved.set(tenant, left);
    };
  }
}
