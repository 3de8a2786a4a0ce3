import type { MemoryStore } from '@nodepool/store/memory';

/** State changes that the contract allows. Source: docs/compatibility/zookeeper.md sections 4.1 and 5. */
const nodeChanges: Readonly<Record<string, readonly string[]>> = {
  init: ['init', 'building', 'deleting'],
  building: ['building', 'ready', 'failed', 'aborted', 'deleting', 'deleted'],
  ready: ['ready', 'in-use', 'deleting'],
  'in-use': ['in-use', 'used', 'hold', 'deleting'],
  hold: ['hold', 'used', 'deleting'],
  used: ['deleting', 'deleted'],
  failed: ['deleting', 'deleted'],
  aborted: ['deleting', 'deleted'],
  deleting: ['deleting', 'deleted'],
  deleted: ['deleted'],
};
const requestChanges: Readonly<Record<string, readonly string[]>> = {
  requested: ['requested', 'pending', 'failed'],
  pending: ['pending', 'fulfilled', 'failed', 'requested'],
  fulfilled: [],
  failed: [],
};
const removable = new Set(['building', 'used', 'failed', 'aborted', 'deleting', 'deleted']);

interface Fields {
  readonly state?: string;
  readonly type?: readonly string[];
  readonly allocated_to?: string | null;
  readonly tenant_name?: string | null;
  readonly node_types?: readonly string[];
  readonly nodes?: readonly string[];
  readonly requestor?: string | null;
}

interface Seen {
  readonly version: number;
  readonly fields: Fields;
}

/** Looks at every change of the tree, as it happens, with the eyes of one who knows only the contract. */
export class Auditor {
  readonly violations: string[] = [];
  /** Changes looked at. */
  changes = 0;
  readonly #session: ReturnType<MemoryStore['ensemble']['connect']>;
  readonly #nodes = new Map<string, Seen>();
  readonly #requests = new Map<string, Seen>();

  constructor(ensemble: MemoryStore['ensemble']) {
    this.#session = ensemble.connect();
  }

  async start(): Promise<void> {
    for (const root of ['/nodepool/nodes', '/nodepool/requests']) {
      await this.#session.ensurePath(root);
      await this.#session.addWatch(root, ({ path }) => this.#changed(path));
    }
  }

  /** How many nodes count for a tenant. */
  nodesOf(tenant: string): number {
    let count = 0;
    for (const { fields } of this.#nodes.values()) if (fields.tenant_name === tenant) count += 1;
    return count;
  }

  #changed(path: string): void {
    const [, , kind, id = '', below] = path.split('/');
    if (id === '' || below !== undefined) return;
    this.changes += 1;
    const read = this.#session.get(path);
    const apply = kind === 'nodes' ? this.#node.bind(this) : this.#request.bind(this);
    read.then(
      ({ data, stat }) => apply(id, { version: stat.version, fields: JSON.parse(data.toString()) as Fields }),
      () => apply(id, undefined),
    );
  }

  #node(id: string, now: Seen | undefined): void {
    const before = this.#nodes.get(id);
    if (now === undefined) {
      this.#nodes.delete(id);
      if (before !== undefined && !removable.has(String(before.fields.state))) {
        this.#wrong(`node ${id} is removed while ${before.fields.state}`);
      }
      return;
    }
    this.#nodes.set(id, now);
    if (before === undefined || before.version === now.version) return;
    this.#check(`node ${id}`, nodeChanges, before, now);
    if (now.version === before.version + 1) this.#checkAllocation(id, before.fields, now.fields);
  }

  #checkAllocation(id: string, before: Fields, now: Fields): void {
    const owner = before.allocated_to ?? null;
    const next = now.allocated_to ?? null;
    if (owner === null || owner === next) return;
    const told = this.#requests.get(owner)?.fields;
    // A launch that its request no longer waits for may be finished for another.
    const isLeft = before.state === 'building' && told?.state !== 'requested' && told?.state !== 'pending';
    if (next !== null && !isLeft) this.#wrong(`node ${id} passes from request ${owner} to ${next}`);
    if (told?.state === 'fulfilled' && told.nodes?.includes(id) && told.requestor !== 'NodePool:min-ready') {
      this.#wrong(`node ${id} is taken from request ${owner}, which was told that it has it`);
    }
  }

  #request(id: string, now: Seen | undefined): void {
    const before = this.#requests.get(id);
    if (now === undefined) {
      this.#requests.delete(id);
      return;
    }
    this.#requests.set(id, now);
    if (before === undefined || before.version === now.version) return;
    this.#check(`request ${id}`, requestChanges, before, now);
    if (now.fields.state === 'fulfilled') this.#checkFulfilled(id, now.fields);
  }

  #checkFulfilled(id: string, { nodes = [], node_types: labels = [], requestor }: Fields): void {
    if (new Set(nodes).size !== labels.length || nodes.length !== labels.length) {
      this.#wrong(`request ${id} for ${labels.join(', ')} gets ${nodes.join(', ')}`);
    }
    for (const [index, label] of labels.entries()) {
      const types = this.#nodes.get(nodes[index] ?? '')?.fields.type;
      if (types?.includes(label) === false) this.#wrong(`request ${id} gets ${types.join(', ')} for ${label}`);
    }
    for (const [other, { fields }] of this.#requests) {
      if (other === id || fields.state !== 'fulfilled' || fields.requestor === 'NodePool:min-ready') continue;
      const both = nodes.filter((node) => fields.nodes?.includes(node));
      if (both.length > 0 && requestor !== 'NodePool:min-ready') {
        this.#wrong(`requests ${id} and ${other} both get ${both.join(', ')}`);
      }
    }
  }

  /** Changes that follow each other at once are seen as one: then any way that leads there is allowed. */
  #check(name: string, changes: Readonly<Record<string, readonly string[]>>, before: Seen, now: Seen): void {
    let reached = new Set([String(before.fields.state)]);
    for (let version = before.version; version < now.version; version += 1) {
      reached = new Set([...reached].flatMap((state) => changes[state] ?? []));
    }
    if (!reached.has(String(now.fields.state))) {
      this.#wrong(`${name} goes from ${before.fields.state} to ${now.fields.state}`);
    }
  }

  #wrong(words: string): void {
    this.violations.push(words);
  }
}
