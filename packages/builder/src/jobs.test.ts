import { recordLog } from '@nodepool/runtime/testing';
import { expect, it } from 'vitest';
import { Jobs } from './jobs.js';

it('lists a job before its work begins, and no longer when it has ended', async () => {
  const ends: number[] = [];
  const jobs: Jobs<string> = new Jobs(recordLog(), () => ends.push(jobs.size));
  const seen: (readonly string[])[] = [];

  jobs.start('a', 'first', async () => void seen.push(jobs.infos()));
  await jobs.idle();

  expect(seen).toEqual([['first']]);
  expect(ends).toEqual([0]);
});

it('refuses a second job with the same key', async () => {
  const jobs = new Jobs<string>(recordLog(), () => undefined);

  expect([jobs.start('a', '', async () => undefined), jobs.start('a', '', async () => undefined)]).toEqual([
    true,
    false,
  ]);
  await jobs.idle();
});

it('logs a failure, unless the job was called off', async () => {
  const log = recordLog();
  const jobs = new Jobs<string>(log, () => undefined);
  jobs.start('a', '', async () => {
    throw new Error('broken');
  });
  await jobs.idle();
  jobs.start(
    'b',
    '',
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  await Promise.resolve();
  jobs.abort(new Error('stopping'));
  await jobs.idle();

  expect(log.lines).toMatchObject([
    { level: 'warn', message: 'job failed', fields: { job: 'a', error: new Error('broken') } },
  ]);
  expect(jobs.start('c', '', async () => undefined)).toBe(false);
});
