import { expect, it } from 'vitest';
import { progressText } from './progress-text.js';

it('progress tells rate and time left once they mean something', () => {
  expect(progressText(2 ** 30, 2 ** 31, 2000)).toBe('50 %, 1024 of 2048 MiB, 512 MiB/s, 2 s left');
  expect(progressText(2 ** 30, 2 ** 31, 200)).toBe('50 %, 1024 of 2048 MiB');
  expect(progressText(0, 0, 5000)).toBe('100 %, 0 of 0 MiB');
});
