import { addResources, type Resources, subtractResources } from '@nodepool/model';
import type { NodeCache } from '@nodepool/store';

/** A tenant that may use only so much. */
export interface LimitedTenant {
  readonly name: string;
  readonly limits: Resources;
  /** What is decided and not recorded yet included. */
  readonly used: Resources;
}

/** What tenants use: by the records, and by what this process has decided and not recorded yet. */
export class TenantUse {
  readonly #nodes: Pick<NodeCache, 'usedByTenant'>;
  readonly #limits: () => ReadonlyMap<string, Resources>;
  readonly #reserved = new Map<string, Resources>();

  constructor(nodes: Pick<NodeCache, 'usedByTenant'>, limits: () => ReadonlyMap<string, Resources>) {
    this.#nodes = nodes;
    this.#limits = limits;
  }

  /** Undefined for a tenant that nothing limits, and for none. */
  of(name: string | null): LimitedTenant | undefined {
    const limits = name === null ? undefined : this.#limits().get(name);
    if (name === null || limits === undefined) return undefined;
    return { name, limits, used: addResources(this.#nodes.usedByTenant(name), this.#reserved.get(name) ?? {}) };
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
