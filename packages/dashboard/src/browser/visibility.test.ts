import { FakeClock } from '@nodepool/runtime/testing';
import { expect, it } from 'vitest';
import { restWhenHidden } from './visibility.js';

function aTab() {
  const clock = new FakeClock();
  const calls: string[] = [];
  let changed = (): void => undefined;
  const page = {
    visibilityState: 'visible' as DocumentVisibilityState,
    addEventListener: (_name: string, listener: () => void): void => {
      changed = listener;
    },
  };
  const follower = { rest: () => void calls.push('rest'), retry: () => void calls.push('retry') };
  restWhenHidden(page as unknown as Document, clock, 60_000, follower);
  const show = (state: DocumentVisibilityState): void => {
    page.visibilityState = state;
    changed();
  };
  return { clock, calls, show };
}

it('gives its connection back after a minute out of sight, and takes it again when looked at', async () => {
  const { clock, calls, show } = aTab();
  show('hidden');
  await clock.advance(59_999);
  expect(calls).toEqual([]);

  await clock.advance(1);
  show('visible');

  expect(calls).toEqual(['rest', 'retry']);
});

it('keeps its connection when it is out of sight for less', async () => {
  const { clock, calls, show } = aTab();
  show('hidden');
  await clock.advance(30_000);
  show('visible');
  await clock.advance(600_000);

  expect(calls).toEqual(['retry']);
});
