import { describe, expect, it } from 'vitest';
import { findingsOf } from './testing/index.js';

async function only(main: string): Promise<string> {
  const lines = await findingsOf({ main, missingZooKeeper: 'allow', unknownKeys: 'error' });
  const errors = lines.filter((line) => line.includes(': error: '));
  expect(errors).toHaveLength(1);
  return errors[0] ?? '';
}

describe('errors of type and value', () => {
  it.each([
    ['webapp: 7', 'webapp: expected a mapping, got 7. Remedy: write a mapping'],
    ['labels: {a: 1}', 'labels: expected a list, got a mapping. Remedy: write a list'],
    ['labels: [text]', 'labels[0]: expected a mapping, got "text". Remedy: write a mapping'],
    ['labels: [{name: 8}]', 'labels[0].name: expected a string, got 8. Remedy: put the value in quotes'],
    ['labels: [{name: on}]', 'labels[0].name: expected a string, got true. Remedy: put the value in quotes'],
    ['labels: [{name: }]', 'labels[0].name: expected a string, got nothing. Remedy: give it a value'],
    ['labels: [{name: ""}]', 'labels[0].name: must not be empty'],
    ['max-hold-age: 1.5', 'max-hold-age: expected an integer, got 1.5. Remedy: write a whole number'],
    ['max-hold-age: ', 'max-hold-age: expected an integer, got nothing. Remedy: give it a value or remove the key'],
    ['zookeeper-timeout: soon', 'zookeeper-timeout: expected a number, got "soon"'],
    ['zookeeper-timeout: 0', 'zookeeper-timeout: must be more than 0. Remedy: write more than 0'],
    ['webapp: {port: 70000}', 'webapp.port: must be at most 65535'],
    ['diskimages: [{name: a, formats: [a/b]}]', 'diskimages[0].formats[0]: a format is a short word'],
    ['diskimages: [{name: a/b, formats: [raw]}]', 'Remedy: choose another name: it becomes part of ZooKeeper paths'],
    ['diskimages: [{name: a, formats: [raw], pause: "no"}]', 'pause: expected true or false, got "no"'],
    ['diskimages: [{name: a, formats: [raw], release: [9]}]', 'release: expected a string or a number, got a list'],
    ['tenant-resource-limits: [{tenant-name: t, max-gpus: x}]', 'max-gpus: expected an integer, got "x"'],
    ['providers: [one]', 'providers[0]: expected a mapping, got "one"'],
    ['providers: [{name: a, priority: high}]', 'providers[0].priority: expected an integer, got "high"'],
    [
      'providers: [{driver: tiny}]',
      'providers[0].name: the key "name" is missing. Remedy: add "name", which is a string',
    ],
    [
      'providers: [{name: a, driver: tiny, image-name-format: "{x}"}]',
      'unknown field {x}; known are {image_name}, {upload_id}, {timestamp}. Remedy: change the value (Name of an upload',
    ],
  ])('%s', async (main, expected) => {
    expect(await only(main)).toContain(expected);
  });

  it('do not show variables of builds, which may be secret', async () => {
    const line = await only('diskimages: [{name: a, formats: [raw], env-vars: {PASSWORD: 4711}}]');

    expect(line).toContain('env-vars.PASSWORD: expected a string, got a number. Remedy: put the value in quotes');
    expect(line).not.toContain('4711');
  });

  it('shorten long values', async () => {
    expect(await only(`max-hold-age: ${'x'.repeat(200)}`)).toContain('xxx.... Remedy');
  });

  it('are told once for an anchor that is used twice', async () => {
    await only('labels: [&l {name: 7}, *l]');
  });
});

describe('unknown keys', () => {
  it('do not hide other errors', async () => {
    const lines = await findingsOf({
      main: 'x: 1\nlabels: [{name: a, y: 2, min-ready: z}]\nproviders: [{name: p, driver: tiny, w: 1, rate: v}]\n',
      missingZooKeeper: 'allow',
    });

    expect(lines.map((line) => line.split(': ').slice(1, 3).join(' '))).toEqual([
      'warning x',
      'warning labels[0].name',
      'warning labels[0].y',
      'error labels[0].min-ready',
      'warning providers[0].w',
      'error providers[0].rate',
    ]);
  });

  it('of a driver that is not in this release pass unread', async () => {
    const lines = await findingsOf({ main: 'providers: [{name: p, driver: aws, w: 1}]\n', missingZooKeeper: 'allow' });

    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('the driver "aws" is not available');
  });
});
