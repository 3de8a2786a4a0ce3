import { join } from 'node:path';
import { tagKeys } from '@nodepool/driver-api';
import type { Resources } from '@nodepool/model';
import { addResources, exceededResources, subtractResources } from '@nodepool/model';
import type { Clock } from '@nodepool/runtime';
import { Inventory } from './inventory.js';
import { StateDirectory } from './state-directory.js';

/** An instance as the cloud keeps it. */
export interface FakeInstance {
  readonly id: string;
  readonly hostname: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly az: string;
  readonly resources: Resources;
  /** Milliseconds since the epoch. */
  readonly runsAtMs: number;
  /** Ends in an error instead of running. */
  readonly fails: boolean;
}

/** An image as the cloud keeps it. */
export interface FakeImage {
  readonly id: string;
  readonly name: string;
  readonly format: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** One account: what exists, and what of its quota that uses. */
export class FakeCloud {
  readonly instances: Inventory<FakeInstance>;
  readonly images: Inventory<FakeImage>;
  #used: Resources = {};
  readonly #byNode = new Map<string, string>();

  /** @param stateDir shared with other processes; undefined keeps the cloud in memory. */
  constructor(clock: Clock, stateDir: string | undefined) {
    const directory = (kind: string): StateDirectory | undefined =>
      stateDir === undefined ? undefined : new StateDirectory(join(stateDir, kind), clock);
    this.instances = new Inventory<FakeInstance>({
      clock,
      directory: directory('instances'),
      isRecord: isInstance,
      listener: {
        added: (instance, condemned) => {
          this.#used = addResources(this.#used, instance.resources);
          const key = nodeKey(instance.tags);
          if (!condemned || !this.#byNode.has(key)) this.#byNode.set(key, instance.id);
        },
        removed: (instance) => {
          this.#used = subtractResources(this.#used, instance.resources);
          const key = nodeKey(instance.tags);
          if (this.#byNode.get(key) === instance.id) this.#byNode.delete(key);
        },
      },
    });
    this.images = new Inventory<FakeImage>({
      clock,
      directory: directory('images'),
      isRecord: isImage,
      listener: { added: () => undefined, removed: () => undefined },
    });
  }

  /** The instance of a node that nobody has asked to delete. */
  instanceOfNode(tags: Readonly<Record<string, string>>): FakeInstance | undefined {
    if (!this.#byNode.has(nodeKey(tags))) this.instances.refresh();
    const id = this.#byNode.get(nodeKey(tags));
    const instance = id === undefined ? undefined : this.instances.get(id);
    return instance === undefined || this.instances.isCondemned(instance.id) ? undefined : instance;
  }

  /** The resources of which `quota` has not enough left, in alphabetical order. */
  exceeded(quota: Resources, needed: Resources): readonly string[] {
    if (exceededResources(quota, this.#used, needed).length === 0) return [];
    // Those whose deletion is over still count until somebody has looked.
    this.instances.all();
    return exceededResources(quota, this.#used, needed);
  }
}

function nodeKey(tags: Readonly<Record<string, string>>): string {
  return `${tags[tagKeys.providerName]}/${tags[tagKeys.nodeId]}`;
}

// A directory holds what this program has written; the checks tell its files from files of others, no more.

function isInstance(value: unknown): value is FakeInstance {
  return isObject(value) && typeof value['runsAtMs'] === 'number' && isObject(value['tags']);
}

function isImage(value: unknown): value is FakeImage {
  return isObject(value) && typeof value['name'] === 'string' && isObject(value['tags']);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
