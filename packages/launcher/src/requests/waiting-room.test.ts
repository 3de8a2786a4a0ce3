import { aRequest } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { holdLimitMs, type Waiting, WaitingRoom } from './waiting-room.js';

interface Guest extends Waiting {
  paused: boolean;
  holdsNodes: boolean;
  notBeforeMs: number;
  readonly done: string[];
}

function aGuest(id: string, overrides: Partial<Guest> & { readonly goesOn?: boolean } = {}): Guest {
  const done: string[] = [];
  const guest: Guest = {
    request: aRequest({ id }),
    paused: true,
    notBeforeMs: 0,
    pausedSinceMs: 0,
    holdsNodes: false,
    done,
    retry: () => {
      done.push('retry');
      guest.paused = overrides.goesOn !== true;
    },
    reset: () => {
      done.push('reset');
      guest.paused = false;
    },
    ...overrides,
  };
  return guest;
}

function room(...guests: readonly Guest[]): WaitingRoom<Guest> {
  const waiting = new WaitingRoom<Guest>();
  for (const guest of guests) waiting.add(guest);
  waiting.roomMayHaveAppeared();
  return waiting;
}

describe('the waiting room of a pool', () => {
  it('tries everybody in the order of the requests when room may have appeared', () => {
    const order: string[] = [];
    const guest = (id: string): Guest => aGuest(id, { retry: () => void order.push(id) });

    room(guest('200-2'), guest('100-9'), guest('200-1')).pass(1);

    expect(order).toEqual(['100-9', '200-1', '200-2']);
  });

  it('tries nobody twice for the same room', () => {
    const guest = aGuest('100-1');
    const waiting = room(guest);
    waiting.pass(1);

    waiting.pass(2);

    expect(guest.done).toEqual(['retry']);
  });

  it('tries again when a pause that the cloud has caused is over', () => {
    const guest = aGuest('100-1', { notBeforeMs: 500 });
    const waiting = room(guest);
    expect(waiting.pass(100)).toBe(500);

    waiting.pass(500);

    expect(guest.done).toEqual(['retry', 'retry']);
  });

  it('lets go of those that go on', () => {
    const waiting = room(aGuest('100-1', { goesOn: true }));

    waiting.pass(1);

    expect(waiting.size).toBe(0);
  });

  it('makes the last that holds nodes give them up for the first that cannot go on', () => {
    const guests = ['100-1', '100-2', '100-3', '100-4'].map((id) => aGuest(id));
    const [, second, third, fourth] = guests;
    if (second !== undefined && third !== undefined) {
      second.holdsNodes = true;
      third.holdsNodes = true;
    }

    room(...guests).pass(1);

    expect(guests.map(({ done }) => done)).toEqual([['retry'], ['retry'], ['retry', 'reset'], ['retry']]);
    expect(fourth?.paused).toBe(true);
  });

  it('takes nothing from others for a first one that waits out a pause', () => {
    const other = aGuest('100-2', { holdsNodes: true });

    room(aGuest('100-1', { notBeforeMs: 900 }), other).pass(1);

    expect(other.done).not.toContain('reset');
  });

  it('makes a request that holds nodes for too long give them up', () => {
    const guest = aGuest('100-1', { holdsNodes: true, pausedSinceMs: 10 });
    const waiting = room(guest);
    expect(waiting.pass(20)).toBe(10 + holdLimitMs);

    waiting.pass(10 + holdLimitMs);

    expect(guest.done).toEqual(['retry', 'reset']);
  });
});
