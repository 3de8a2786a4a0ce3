import { aRequest } from '@nodepool/model/testing';
import type { CachedRequest } from '@nodepool/store';
import { describe, expect, it } from 'vitest';
import { Backlog } from './backlog.js';

function cached(id: string): CachedRequest {
  return { record: aRequest({ id }), version: 0, ctimeMs: 0, mtimeMs: 0 };
}

describe('the backlog of a pool', () => {
  it('hands out what was marked once', () => {
    const backlog = new Backlog();
    backlog.mark(cached('100-1'));
    backlog.mark(cached('100-1'));

    expect(backlog.takeDirty()).toHaveLength(1);
    expect(backlog.takeDirty()).toHaveLength(0);
  });

  it('offers what may be taken, first things first', () => {
    const backlog = new Backlog();
    backlog.place(cached('100-2'), { kind: 'accept' });
    backlog.place(cached('100-1'), { kind: 'wait', because: 'paused' });

    expect(backlog.next()?.record.id).toBe('100-1');
  });

  it('marks only what depends on a change', () => {
    const backlog = new Backlog();
    backlog.place(cached('100-1'), { kind: 'defer', because: 'tenant' });
    backlog.place(cached('100-2'), { kind: 'yield', because: 'priority' });

    backlog.markWaiting((verdict) => verdict.kind === 'yield');

    expect(backlog.takeDirty().map(({ record }) => record.id)).toEqual(['100-2']);
  });

  it('marks everything that is still open when everything has changed', () => {
    const backlog = new Backlog();
    backlog.place(cached('100-1'), { kind: 'defer', because: 'tenant' });
    backlog.place(cached('100-2'), { kind: 'accept' });
    backlog.place(cached('100-3'), { kind: 'leave', because: 'not-requested' });
    backlog.place(cached('100-4'), { kind: 'decline', reasons: ['no'] });

    backlog.markAll();

    expect(backlog.takeDirty().map(({ record }) => record.id)).toEqual(['100-2', '100-1']);
  });

  it('leaves a request to another pool until its time is up, however often it is looked at', () => {
    const backlog = new Backlog();
    backlog.place(cached('100-1'), { kind: 'accept' }, 1_000);
    backlog.place(cached('100-1'), { kind: 'accept' }, 1_700);
    backlog.pass(999);
    const before = [backlog.next(), backlog.nextOverdue(() => 0), backlog.nextMs];

    backlog.pass(1_000);

    expect(before).toEqual([undefined, undefined, 1_000]);
    expect(backlog.next()).toBeUndefined();
    expect(backlog.nextOverdue(() => 0)?.record.id).toBe('100-1');
    expect(backlog.nextMs).toBeUndefined();
  });

  it('helps out from behind, among the most urgent', () => {
    const backlog = new Backlog();
    for (let number = 10; number < 30; number += 1) backlog.place(cached(`100-${number}`), { kind: 'accept' }, 0);
    backlog.place(cached('200-30'), { kind: 'accept' }, 0);
    backlog.pass(0);

    const picks = [0, 0.5, 0.99].map((chance) => backlog.nextOverdue(() => chance)?.record.id);

    expect(picks).toEqual(['100-29', '100-27', '100-25']);
  });

  it('keeps what was declined before, in case those who have not declined yet die', () => {
    const backlog = new Backlog();
    backlog.place(cached('100-1'), { kind: 'leave', because: 'declined-before' });

    backlog.markWaiting(() => true);

    expect(backlog.takeDirty()).toHaveLength(1);
  });

  it('forgets what is dropped', () => {
    const backlog = new Backlog();
    backlog.mark(cached('100-1'));
    backlog.place(cached('100-1'), { kind: 'accept' });

    backlog.drop('100-1');

    expect(backlog.size).toBe(0);
    expect(backlog.next()).toBeUndefined();
  });
});
