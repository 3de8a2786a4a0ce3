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
