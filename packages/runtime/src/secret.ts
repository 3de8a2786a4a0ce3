import { createHmac, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

/** What is shown in the place of a secret. */
export const redacted = '[redacted]';

/** Fingerprints of one process mean nothing to another, so nobody can try words against them. */
const fingerprintKey = randomBytes(32);

/** A text that must not be seen: whatever prints, logs or serialises it gets a mask. */
export class Secret {
  /** Differs from those of other texts, and from its own in another process: so that changes are noticed. */
  readonly fingerprint: string;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.fingerprint = createHmac('sha256', fingerprintKey).update(text).digest('base64');
  }

  /** The text itself, for the request that needs it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
