import { type Component, type ComponentKind, componentKinds, type PoolComponent } from '@nodepool/model';
import type { TreeEntry } from '@nodepool/zookeeper';
import { decodeComponent, isPool } from '../codec/component.js';
import { roots } from '../paths.js';
import type { ComponentCache } from '../types.js';
import { Groups } from './groups.js';
import { Listeners } from './listeners.js';

/** Components by the events of the tree below `/nodepool/components`. */
export class WatchedComponents implements ComponentCache {
  readonly #components = new Groups<Component | PoolComponent>();
  readonly #listeners = new Listeners<void>();

  apply(path: string, entry: TreeEntry | undefined): void {
    const [kind, name, ...rest] = path.slice(roots.components.length + 1).split('/');
    const known = componentKinds.find((candidate) => candidate === kind);
    if (known === undefined || name === undefined || rest.length > 0) return;
    const component = entry === undefined ? undefined : decodeComponent(entry.data);
    if (component?.kind === known) this.#components.set(known, name, component);
    else this.#components.delete(known, name);
    this.#listeners.tell();
  }

  all(kind: ComponentKind): Iterable<Component> {
    return this.#components.get(kind);
  }

  *pools(): Generator<PoolComponent> {
    for (const component of this.#components.get('pool')) if (isPool(component)) yield component;
  }

  onChange(listener: () => void): Disposable {
    return this.#listeners.add(listener);
  }
}
