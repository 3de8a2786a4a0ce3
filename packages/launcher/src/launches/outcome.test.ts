import { ProviderError, type ProviderErrorCode } from '@nodepool/driver-api';
import { StoreError } from '@nodepool/store';
import { describe, expect, it } from 'vitest';
import { classifyFailure, resultKey } from './outcome.js';

describe('a failed launch', () => {
  it.each<[ProviderErrorCode, string]>([
    ['quota', 'quota'],
    ['capacity', 'capacity'],
    ['misconfigured', 'misconfigured'],
    ['launch-failed', 'failed'],
    ['transient', 'failed'],
    ['rate-limited', 'failed'],
    ['not-found', 'failed'],
  ])('for the reason %s is %s', (code, failure) => {
    expect(classifyFailure(new ProviderError(code, 'no'))).toBe(failure);
  });

  it('is lost when the record or its lock is gone', () => {
    expect(classifyFailure(new StoreError('NP_LOCK_LOST', 'writing'))).toBe('lost');
    expect(classifyFailure(new StoreError('NP_RECORD_GONE', 'writing'))).toBe('lost');
  });

  it.each<[string, unknown]>([
    ['error.quota', new ProviderError('quota', 'no')],
    ['error.capacity', new ProviderError('capacity', 'no')],
    ['error.zksession', new StoreError('NP_LOCK_LOST', 'writing')],
    ['error.servercreatetimeout', new DOMException('late', 'TimeoutError')],
    ['error.unknown', new Error('what')],
    ['error.ssh', new ProviderError('launch-failed', 'no', { statusKey: 'error.ssh' })],
  ])('is counted as %s', (key, error) => {
    expect(resultKey(error)).toBe(key);
  });
});
