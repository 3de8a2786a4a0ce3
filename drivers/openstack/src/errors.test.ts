import type { ProviderErrorCode } from '@nodepool/driver-api';
import type { JsonValue } from '@nodepool/model';
import { describe, expect, it } from 'vitest';
import { type ApiError, limitInText, refusalError } from './errors.js';

const nowMs = Date.parse('2026-11-22T12:00:00Z');

/** What becomes of an answer to the creation of a server. */
function errorOf(status: number, body: JsonValue = null, headers: Record<string, string> = {}): ApiError {
  return refusalError({ status, headers, body }, 'creating server np1', 'launch-failed', nowMs);
}

const nova = (message: string): JsonValue => ({ forbidden: { code: 403, message } });
const neutron = (type: string, message: string): JsonValue => ({ NeutronError: { type, message, detail: '' } });
const glance = (text: string): string =>
  `<html><head><title>413 Request Entity Too Large</title></head><body><h1>413</h1>${text}<br /></body></html>`;

describe('the refusal of a service becomes', () => {
  const cases: readonly [number, JsonValue, Record<string, string>, ProviderErrorCode][] = [
    [400, { badRequest: { code: 400, message: 'Invalid imageRef provided.' } }, {}, 'launch-failed'],
    [400, { badRequest: { code: 400, message: 'Quota exceeded for ram' } }, {}, 'quota'],
    [401, { error: { code: 401, message: 'The request requires authentication' } }, {}, 'misconfigured'],
    [403, nova('Quota exceeded for instances: Requested 1, but already used 10 of 10 instances'), {}, 'quota'],
    [403, nova('Maximum number of ports exceeded'), {}, 'quota'],
    [403, nova("Policy doesn't allow os_compute_api:servers:create to be performed."), {}, 'misconfigured'],
    [404, nova('Instance could not be found.'), {}, 'not-found'],
    [410, null, {}, 'not-found'],
    [405, null, {}, 'misconfigured'],
    [406, nova('Version 2.99 is not supported by the API.'), {}, 'misconfigured'],
    [408, null, {}, 'transient'],
    [409, { conflictingRequest: { code: 409, message: 'Cannot delete while it is in task_state' } }, {}, 'transient'],
    [409, neutron('OverQuota', "Quota exceeded for resources: ['port']."), {}, 'quota'],
    [409, neutron('IpAddressGenerationFailure', 'No more IP addresses available on network x.'), {}, 'capacity'],
    [413, { overLimit: { code: 413, message: 'This request was rate-limited.', retryAfter: '4' } }, {}, 'rate-limited'],
    [413, { overLimit: { code: 413, message: 'VolumeSizeExceedsAvailableQuota', retryAfter: 0 } }, {}, 'quota'],
    [413, { overLimit: { message: 'Quota exceeded for gigabytes' } }, { 'retry-after': '0' }, 'quota'],
    [413, 'Too large', { 'retry-after': '9' }, 'rate-limited'],
    [413, glance('Image storage quota exceeded'), {}, 'quota'],
    [429, null, {}, 'rate-limited'],
    [500, nova('No valid host was found. There are not enough hosts available.'), {}, 'capacity'],
    [500, nova('Unexpected API Error.'), {}, 'transient'],
    [501, null, {}, 'misconfigured'],
    [503, '<html>busy</html>', {}, 'transient'],
    [504, null, {}, 'transient'],
  ];

  it.each(cases)('%i %j %j: %s', (status, body, headers, code) => {
    expect(errorOf(status, body, headers).code).toBe(code);
  });
});

describe('an error of a service', () => {
  it('says what was being done, what the service said, and under which id', () => {
    const error = errorOf(404, nova('Instance\n could not  be found.'), { 'x-openstack-request-id': 'req-1' });

    expect(error).toMatchObject({
      message: 'creating server np1: HTTP 404: Instance could not be found. (req-1)',
      text: 'Instance could not be found.',
      status: 404,
      requestId: 'req-1',
      repeated: false,
    });
  });

  it.each([
    [glance('Denying attempt to upload image'), '413 Denying attempt to upload image'],
    [neutron('OverQuota', 'full'), 'OverQuota: full'],
    [{ error: { code: 400, title: 'Bad Request', message: 'Expecting a domain' } }, 'Expecting a domain'],
    [{ faultstring: '' }, ''],
    [{ errors: [{ status: 400, detail: 'deep' }] }, 'deep'],
    ['x'.repeat(5000), 'x'.repeat(1000)],
    [null, ''],
  ])('takes the words from %j', (body, text) => {
    expect(errorOf(403, body).text).toBe(text);
  });

  it.each([
    ['12', 12_000],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
  ])('reads a Retry-After of %j', (value, ms) => {
    expect(errorOf(429, null, { 'retry-after': value }).retryAfterMs).toBe(ms);
  });
});

describe('a text about limits', () => {
  it.each([
    ['Quota exceeded for cores', 'quota'],
    ['Requested volume exceeds allowed gigabytes quota.', 'quota'],
    ['Number of ports exceeded', 'quota'],
    ['No valid host was found.', 'capacity'],
    ['Exceeded maximum number of retries. Exhausted all hosts available', 'capacity'],
    ['aborted: FakeBuildAbortDriver', undefined],
    ['The quota team has met. Time exceeded.', undefined],
    ['', undefined],
  ])('%j speaks of %s', (text, limit) => {
    expect(limitInText(text)).toBe(limit);
  });
});
