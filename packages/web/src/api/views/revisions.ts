import type { StoreCaches } from '@nodepool/store';

export type Kind = 'nodes' | 'requests' | 'images' | 'components' | 'config';

/** How often each kind of record has changed: what the validators of answers are made of. */
export class Revisions implements Disposable {
  readonly #epoch: string;
  readonly #counts: Record<Kind, number> = { nodes: 0, requests: 0, images: 0, components: 0, config: 0 };
  readonly #subscriptions: readonly Disposable[];

  /** @param epoch tells this process from every other: their counts say nothing of ours. */
  constructor(epoch: string, caches: StoreCaches, onConfigChange: (listener: () => void) => Disposable) {
    const count = (kind: Kind) => (): void => {
      this.#counts[kind] += 1;
    };
    this.#epoch = epoch;
    this.#subscriptions = [
      caches.nodes.onChange(count('nodes')),
      caches.requests.onChange(count('requests')),
      caches.images.onChange(count('images')),
      caches.components.onChange(count('components')),
      onConfigChange(count('config')),
    ];
  }

  /** The same text as long as none of the kinds has changed. */
  of(...kinds: readonly Kind[]): string {
    return [this.#epoch, ...kinds.map((kind) => this.#counts[kind])].join('-');
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
  }
}
