import { ProviderError } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import { missingProgram, toProviderError, translated } from './errors.js';

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('the errors of qemu', () => {
  it.each([
    ['ENOSPC', 'capacity'],
    ['EDQUOT', 'capacity'],
    ['ENOMEM', 'capacity'],
    ['EACCES', 'misconfigured'],
    ['EROFS', 'misconfigured'],
    ['EIO', 'transient'],
  ])('make of %s what the core acts on: %s', (code, expected) => {
    expect(toProviderError(systemError(code), 'launching np1')).toMatchObject({ code: expected });
  });

  it('leave an error that says it already as it is', () => {
    const error = new ProviderError('not-found', 'gone');

    expect(toProviderError(error, 'ending np1')).toBe(error);
  });

  it('name the command that installs a missing program', () => {
    expect(missingProgram('qemu-img').message).toBe(
      'qemu-img is missing: apt-get install --no-install-recommends qemu-utils',
    );
  });

  it('do not begin what has been called off', async () => {
    let begun = false;
    const outcome = translated('listing', AbortSignal.abort(new Error('stopping')), async () => {
      begun = true;
    });

    await expect(outcome).rejects.toBeInstanceOf(ProviderError);
    expect(begun).toBe(false);
  });
});
