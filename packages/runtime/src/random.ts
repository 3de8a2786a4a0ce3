import { randomUUID } from 'node:crypto';

/** The only source of randomness; tests seed their own. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** 32 lower-case hexadecimal digits: a UUID without its dashes. */
  hexId(): string;
}

export const systemRandom: Random = {
  // For jitter and choices, not for secrets: a thousand times cheaper than random bytes.
  next: () => Math.random(),
  hexId: () => randomUUID().replaceAll('-', ''),
};
