import { describe, expect, it } from 'vitest';
import { findingsOf } from '../testing/index.js';

const label = (name: string, diskimage: string): object => ({ name, diskimage, 'flavor-name': 'f' });

async function found(validate: unknown, entry: object = {}): Promise<readonly string[]> {
  const pools = [
    { name: 'p', labels: [label('small', 'debian')] },
    { name: 'q', labels: [label('big', 'fedora')] },
  ];
  const diskimages = [
    { name: 'debian', ...entry },
    { name: 'fedora', validate: false },
  ];
  const main = JSON.stringify({
    labels: [{ name: 'small' }, { name: 'big' }],
    diskimages: [{ name: 'debian', ...(validate === undefined ? {} : { validate }) }, { name: 'fedora' }],
    providers: [{ name: 'one', driver: 'tiny', diskimages, pools }],
  });
  const findings = await findingsOf({ main, missingZooKeeper: 'allow' });
  return findings.map((line) => line.split('. Remedy')[0]?.replace(/^nodepool.yaml:\d+:\d+: /, '') ?? '');
}

describe('the gate of an image', () => {
  it('may name any label of the provider', async () => {
    expect(await found({ label: 'big' })).toEqual([]);
    expect(await found({ label: 'big', pool: 'q' })).toEqual([]);
  });

  it('must name a label that the pool offers', async () => {
    expect(await found({ label: 'big', pool: 'p' })).toEqual([
      'error: diskimages[0].validate.label: the provider "one" has no pool "p" with the label "big", so no upload of "debian" could pass',
    ]);
  });

  it('takes the label that boots the image when it names none', async () => {
    expect(await found({})).toEqual([]);
  });

  it('is missed where no label boots the image', async () => {
    expect(await found({ pool: 'q' })).toEqual([
      'warning: diskimages[0].validate: no label of the provider "one" boots "debian", so its uploads there are used without being validated',
    ]);
  });

  it('may be replaced or undone by the provider', async () => {
    expect(await found({ label: 'nope' }, { validate: { label: 'big' } })).toEqual([]);
    expect(await found({ label: 'nope' }, { validate: false })).toEqual([]);
    expect(await found(undefined, { validate: { label: 'nope' } })).toEqual([
      'error: providers[0].diskimages[0].validate.label: the provider "one" has no pool with the label "nope", so no upload of "debian" could pass',
    ]);
  });

  it('needs a key for its command', async () => {
    expect(await found({ command: 'true', 'ssh-key': '/etc/key' })).toEqual([]);
    expect(await found({ command: 'true' })).toEqual([
      'error: diskimages[0].validate.command: a command needs "ssh-key", the key to log in with',
    ]);
  });
});
