import type { PoolComponent } from '@nodepool/model';
import type { Logger } from '@nodepool/runtime';
import type { ComponentStore, Registration } from '@nodepool/store';
import type { Tasks } from '../tasks.js';

/** What of a pool changes while it lives. */
export type PublishedPool = Pick<PoolComponent, 'supportedLabels' | 'priority' | 'paused'>;

/** A pool's entry in the registry. Changes are written one after the other, the latest ones together. */
export class PoolRegistration {
  readonly #components: ComponentStore;
  readonly #tasks: Tasks;
  readonly #log: Logger;
  #component: PoolComponent;
  #registration: Registration | undefined;
  #published: PublishedPool;
  #writing = false;

  constructor(component: PoolComponent, components: ComponentStore, tasks: Tasks, log: Logger) {
    this.#component = component;
    this.#published = component;
    this.#components = components;
    this.#tasks = tasks;
    this.#log = log;
  }

  async open(): Promise<void> {
    this.#published = this.#component;
    this.#registration = await this.#components.register(this.#component);
    this.#write();
  }

  publish(change: PublishedPool): void {
    this.#component = { ...this.#component, ...change };
    this.#write();
  }

  async close(): Promise<void> {
    const registration = this.#registration;
    this.#registration = undefined;
    await registration?.[Symbol.asyncDispose]();
  }

  #write(): void {
    if (this.#writing || this.#registration === undefined || same(this.#component, this.#published)) return;
    this.#writing = true;
    this.#tasks.start('publishing a pool', async () => {
      try {
        while (this.#registration !== undefined && !same(this.#component, this.#published)) {
          const { supportedLabels, priority, paused } = this.#component;
          this.#published = { supportedLabels, priority, paused };
          await this.#registration.update(this.#published);
        }
      } catch (error) {
        this.#log.warn({ error }, 'publishing pool failed');
      } finally {
        this.#writing = false;
      }
    });
  }
}

function same(left: PublishedPool, right: PublishedPool): boolean {
  return (
    left.paused === right.paused &&
    left.priority === right.priority &&
    left.supportedLabels.join('\n') === right.supportedLabels.join('\n')
  );
}
