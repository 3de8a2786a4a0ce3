import { addResources, type Resources, subtractResources } from '@nodepool/model';

/** A node as far as decisions look at it. Change it only through the {@link Inventory}. */
export interface SimNode {
  readonly id: string;
  readonly provider: string;
  readonly pool: string;
  readonly label: string;
  readonly az: string | null;
  readonly resources: Resources;
  state: 'building' | 'ready' | 'in-use' | 'deleting';
  /** Milliseconds since the epoch. */
  stateMs: number;
  allocatedTo: string | null;
  tenant: string | null;
  /** Somebody other than the standing stock has had it. */
  served: boolean;
}

/** What a node was before a change. */
export type NodeBefore = Pick<SimNode, 'state' | 'tenant'>;

/** Called after a change; `before` is undefined for a node that is new, `gone` tells that it is no more. */
export type NodeListener = (node: SimNode, before: NodeBefore | undefined, gone: boolean) => void;

/** All nodes there are, with what is asked of them kept at hand. */
export class Inventory {
  readonly #nodes = new Map<string, SimNode>();
  /** Ready and promised to nobody, the longest ready first, by pool and by label of a pool. */
  readonly #idle = new Map<string, SimNode[]>();
  readonly #deleting = new Set<SimNode>();
  readonly #building = new Set<SimNode>();
  readonly #readyOf = new Map<string, number>();
  readonly #used = new Map<string, Resources>();
  readonly #onChange: NodeListener;

  constructor(onChange: NodeListener) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#nodes.size;
  }

  add(node: SimNode): void {
    this.#nodes.set(node.id, node);
    this.#index(node);
    this.#count(node, addResources);
    this.#onChange(node, undefined, false);
  }

  /** Changes a node and tells of it. */
  change(node: SimNode, change: Partial<Pick<SimNode, 'state' | 'stateMs' | 'allocatedTo' | 'tenant'>>): void {
    const before = { state: node.state, tenant: node.tenant };
    this.#unindex(node);
    this.#countTenant(node, subtractResources);
    Object.assign(node, change);
    this.#countTenant(node, addResources);
    this.#index(node);
    this.#onChange(node, before, false);
  }

  remove(node: SimNode): void {
    this.#nodes.delete(node.id);
    this.#unindex(node);
    this.#count(node, subtractResources);
    this.#onChange(node, node, true);
  }

  nodes(): Iterable<SimNode> {
    return this.#nodes.values();
  }

  building(): Iterable<SimNode> {
    return this.#building;
  }

  deleting(): Iterable<SimNode> {
    return this.#deleting;
  }

  idle(provider: string, pool: string, label?: string): readonly SimNode[] {
    return this.#idle.get(keyOf(provider, pool, label)) ?? [];
  }

  /** Ready nodes of the label that nobody has been promised. */
  readyCount(label: string): number {
    return this.#readyOf.get(label) ?? 0;
  }

  usedByProvider(provider: string): Resources {
    return this.#used.get(keyOf(provider)) ?? {};
  }

  usedByPool(provider: string, pool: string): Resources {
    return this.#used.get(keyOf(provider, pool)) ?? {};
  }

  usedByTenant(tenant: string): Resources {
    return this.#used.get(tenantKey(tenant)) ?? {};
  }

  #count(node: SimNode, by: typeof addResources): void {
    this.#sum(keyOf(node.provider), node, by);
    this.#sum(keyOf(node.provider, node.pool), node, by);
    this.#countTenant(node, by);
  }

  #countTenant(node: SimNode, by: typeof addResources): void {
    if (node.tenant !== null) this.#sum(tenantKey(node.tenant), node, by);
  }

  #sum(key: string, { resources }: SimNode, by: typeof addResources): void {
    this.#used.set(key, by(this.#used.get(key) ?? {}, resources));
  }

  #index(node: SimNode): void {
    if (node.state === 'deleting') this.#deleting.add(node);
    if (node.state === 'building') this.#building.add(node);
    if (!isIdle(node)) return;
    this.#readyOf.set(node.label, this.readyCount(node.label) + 1);
    for (const key of idleKeys(node)) {
      const nodes = this.#idle.get(key) ?? [];
      const place = nodes.findLastIndex(({ stateMs }) => stateMs <= node.stateMs);
      nodes.splice(place + 1, 0, node);
      this.#idle.set(key, nodes);
    }
  }

  #unindex(node: SimNode): void {
    this.#deleting.delete(node);
    this.#building.delete(node);
    if (!isIdle(node)) return;
    this.#readyOf.set(node.label, this.readyCount(node.label) - 1);
    for (const key of idleKeys(node)) {
      const nodes = this.#idle.get(key);
      const place = nodes?.indexOf(node) ?? -1;
      if (place >= 0) nodes?.splice(place, 1);
    }
  }
}

function isIdle({ state, allocatedTo }: SimNode): boolean {
  return state === 'ready' && allocatedTo === null;
}

function idleKeys({ provider, pool, label }: SimNode): readonly string[] {
  return [keyOf(provider, pool), keyOf(provider, pool, label)];
}

function keyOf(provider: string, pool?: string, label?: string): string {
  return `provider\n${provider}\n${pool ?? ''}\n${label ?? ''}`;
}

function tenantKey(tenant: string): string {
  return `tenant\n${tenant}`;
}
