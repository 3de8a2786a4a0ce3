import type { Clock, Random } from '@nodepool/runtime';
import type { ContenderOptions, Sleeper } from '@nodepool/zookeeper';
import type { Writer } from './writer.js';

/** What the stores of the record kinds work with. */
export interface RecordStoreOptions {
  readonly writer: Writer;
  readonly clock: Clock;
  readonly random: Random;
  /** What the data of our lock children say of us. */
  readonly identifier: string;
}

/** What the lock recipes need of it. */
export function lockOptions({ clock, random, identifier }: RecordStoreOptions): ContenderOptions & {
  readonly sleeper: Sleeper;
} {
  return { random, identifier, sleeper: clock };
}
