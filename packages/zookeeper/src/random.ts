import { randomBytes, randomUUID } from 'node:crypto';

/** Chance, for the order of servers, pauses and the names of lock children; tests seed their own. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** 32 lower-case hexadecimal digits: a UUID without its dashes. */
  hexId(): string;
}

export const systemRandom: Random = {
  next: () => randomBytes(4).readUInt32BE(0) / 2 ** 32,
  hexId: () => randomUUID().replaceAll('-', ''),
};
