import { inspect, isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from './secret.js';

describe('a secret', () => {
  const secret = new Secret('hunter2');

  it.each([
    ['as text', `${secret}`],
    ['as JSON', JSON.stringify({ secret })],
    ['in a debugger', inspect({ secret }, { showHidden: true })],
    ['joined', ['a', secret].join()],
  ])('is masked %s', (_how, shown) => {
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain('hunter2');
  });

  it('equals the same secret, and no other', () => {
    expect(isDeepStrictEqual({ secret }, { secret: new Secret('hunter2') })).toBe(true);
    expect(isDeepStrictEqual({ secret }, { secret: new Secret('hunter3') })).toBe(false);
    expect(secret.fingerprint).not.toContain('hunter2');
  });

  it('is there for whoever asks for it', () => {
    expect(secret.reveal()).toBe('hunter2');
  });
});
