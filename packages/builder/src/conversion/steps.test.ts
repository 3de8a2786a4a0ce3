import { FakeClock } from '@nodepool/runtime/testing';
import { expect, it } from 'vitest';
import { showSteps } from './steps.js';

it('the step of a conversion is what is still under way', () => {
  const shown: string[] = [];
  const clock = new FakeClock();
  const { onProgress, onMade } = showSteps(
    ['qcow2', 'vhd'],
    () => clock.monotonicMs(),
    (step) => shown.push(step),
  );

  onProgress('vhd', 2 ** 20, 2 ** 22);
  onMade('vhd');
  onMade('qcow2');

  expect(shown).toEqual([
    'making qcow2; making vhd',
    'making qcow2; making vhd: 25 %, 1 of 4 MiB',
    'making qcow2',
    'writing checksums',
  ]);
});
