import { inspect } from 'node:util';

/** What is shown in the place of a secret. */
export const redacted = '[redacted]';

/** A text that must not be seen: whatever prints, logs or serialises it gets a mask. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
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
