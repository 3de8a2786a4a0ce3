import { describe, expect, it } from 'vitest';
import { readPlainScalar, type ScalarValue } from './scalars.js';

// What PyYAML 6.0 makes of each text.
const cases: readonly (readonly [text: string, value: ScalarValue])[] = [
  ['', null],
  ['~', null],
  ['Null', null],
  ['nULL', 'nULL'],
  ['yes', true],
  ['On', true],
  ['TRUE', true],
  ['tRue', 'tRue'],
  ['No', false],
  ['OFF', false],
  ['y', 'y'],
  ['N', 'N'],
  ['0', 0],
  ['-0b11', -3],
  ['017', 15],
  ['-017', -15],
  ['0o17', '0o17'],
  ['08', '08'],
  ['0_7', 7],
  ['0x_fF', 255],
  ['+1_000', 1000],
  ['_1', '_1'],
  ['1:30', 90],
  ['190:20:30', 685_230],
  ['1:60', '1:60'],
  ['0:30', '0:30'],
  ['1e3', '1e3'],
  ['1.0e3', '1.0e3'],
  ['1.0e+3', 1000],
  ['-.5', '-.5'],
  ['.5', 0.5],
  ['5.', 5],
  ['1_0.5', 10.5],
  ['1:30.5', 90.5],
  ['22.10', 22.1],
  ['1.5.2', '1.5.2'],
  ['.inf', Number.POSITIVE_INFINITY],
  ['-.INF', Number.NEGATIVE_INFINITY],
  ['.nan', Number.NaN],
  ['-.nan', '-.nan'],
  ['2024-06-01', '2024-06-01'],
  ['8-stream', '8-stream'],
];

describe('readPlainScalar', () => {
  it.each(cases)('reads %j as PyYAML does', (text, value) => {
    expect(readPlainScalar(text)).toEqual(value);
  });
});
