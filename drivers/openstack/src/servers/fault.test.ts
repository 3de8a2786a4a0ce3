import { describe, expect, it } from 'vitest';
import { faultError } from './fault.js';

describe('a server in state ERROR', () => {
  it.each([
    ['No valid host was found. There are not enough hosts available.', 'capacity', 'error.capacity'],
    ['Exceeded maximum number of retries. Exhausted all hosts available for retrying', 'capacity', 'error.capacity'],
    [
      'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota.',
      'quota',
      'error.quota',
    ],
    ['Maximum number of ports exceeded', 'quota', 'error.quota'],
    ['Build of instance 1 aborted: FakeBuildAbortDriver', 'launch-failed', 'error.status'],
    ['', 'launch-failed', 'error.status'],
  ])('means what its fault says: %s', (faultText, code, statusKey) => {
    const error = faultError({ id: 'i-1', name: 'np0000000001', faultText });

    expect(error).toMatchObject({ code, statusKey });
    expect(error.message).toContain('server np0000000001 (i-1) went into state ERROR: ');
  });
});
