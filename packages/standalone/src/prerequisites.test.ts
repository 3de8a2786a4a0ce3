import type { Config } from '@nodepool/config';
import { describe, expect, it } from 'vitest';
import { type Machine, missingPrerequisites, thisMachine } from './prerequisites.js';

const bareMachine: Machine = { hasProgram: () => false, hasFile: () => false };
const fullMachine: Machine = { hasProgram: () => true, hasFile: () => true };

function aConfig(overrides: { servers?: string[]; drivers?: string[]; dibCmds?: string[] }): Config {
  const entries = (names: readonly string[], key: string) =>
    new Map(names.map((name, place) => [`entry-${place}`, { [key]: name }]));
  return {
    zookeeper: { servers: overrides.servers ?? [], chroot: '', sessionTimeoutMs: 10_000, tls: undefined },
    providers: entries(overrides.drivers ?? [], 'driver'),
    diskimages: entries(overrides.dibCmds ?? [], 'dibCmd'),
  } as unknown as Config;
}

describe('missingPrerequisites', () => {
  it('asks for nothing that is there', () => {
    expect(missingPrerequisites(aConfig({ drivers: ['qemu'], dibCmds: ['disk-image-create'] }), fullMachine)).toEqual(
      [],
    );
  });

  it('asks for ZooKeeper and Java only when no servers are configured', () => {
    const own = missingPrerequisites(aConfig({}), bareMachine);
    const foreign = missingPrerequisites(aConfig({ servers: ['zk:2281'] }), bareMachine);

    expect(own.map(({ what, essential }) => [what, essential])).toEqual([
      ['Java', true],
      ['ZooKeeper', true],
    ]);
    expect(foreign).toEqual([]);
  });

  it('names the exact command for everything a configuration uses', () => {
    const missing = missingPrerequisites(
      aConfig({ servers: ['zk:2281'], drivers: ['qemu'], dibCmds: ['/usr/bin/disk-image-create -n'] }),
      bareMachine,
    );

    expect(missing.map(({ what }) => what)).toEqual(['disk-image-create', 'qemu-img', 'qemu', 'xorriso']);
    for (const { install } of missing) expect(install).toMatch(/^apt-get install --no-install-recommends \S/);
  });

  it('does not ask for disk-image-create when images are made by another program', () => {
    expect(missingPrerequisites(aConfig({ servers: ['zk:2281'], dibCmds: ['my-builder'] }), bareMachine)).toEqual([]);
  });
});

describe('thisMachine', () => {
  it('finds programs on the path it is given, and nowhere else', () => {
    expect(thisMachine('/usr/bin:/bin').hasProgram('sh')).toBe(true);
    expect(thisMachine('').hasProgram('sh')).toBe(false);
  });
});
