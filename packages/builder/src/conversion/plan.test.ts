import { describe, expect, it } from 'vitest';
import { type ConversionNeeds, dependsOnVhdUtil, planConversion } from './plan.js';

const needs = (of: Partial<Omit<ConversionNeeds, 'diskimage'>> & Partial<ConversionNeeds['diskimage']>) => {
  const { conversion = 'auto', dibCmd = 'disk-image-create', ...rest } = of;
  const base = { formats: ['qcow2', 'vhd'], vhdSubformat: 'dynamic', hasVhdUtil: false } as const;
  return { ...base, ...rest, diskimage: { conversion, dibCmd } };
};

describe('by default the command', () => {
  it.each([
    ['no vhd is wanted', { formats: ['qcow2', 'raw'] }],
    ['it has a usable vhd-util', { hasVhdUtil: true }],
    ["it is a program of the operator's own", { dibCmd: '/opt/build-image --fast', vhdSubformat: 'fixed' }],
  ] as const)('makes everything when %s', (_, of) => {
    const plan = planConversion(needs(of));

    expect(plan).toMatchObject({ commandFormats: needs(of).formats, commandChecksums: true, ownFormats: [] });
    expect(plan.removeRaw).toBe(false);
  });

  it.each([
    ['it lacks vhd-util', {}],
    ['it lacks vhd-util, below sudo', { dibCmd: 'sudo -E /usr/bin/disk-image-create -x' }],
    ['vhd-util cannot make what is wanted', { hasVhdUtil: true, vhdSubformat: 'fixed' }],
  ] as const)('leaves the vhd to us when %s, and keeps the rest', (_, of) => {
    expect(planConversion(needs(of))).toMatchObject({
      commandFormats: ['qcow2', 'raw'],
      commandChecksums: false,
      ownFormats: ['vhd'],
      removeRaw: true,
    });
  });
});

describe('as configured', () => {
  it('nodepool makes what it can, and the command the rest', () => {
    const plan = planConversion(needs({ conversion: 'nodepool', formats: ['qcow2', 'raw', 'tgz', 'vhd'] }));

    expect(plan).toMatchObject({ commandFormats: ['tgz', 'raw'], ownFormats: ['qcow2', 'vhd'], removeRaw: false });
  });

  it('nodepool writes the checksums of a raw image alone', () => {
    const plan = planConversion(needs({ conversion: 'nodepool', formats: ['raw'] }));

    expect(plan).toMatchObject({ commandFormats: ['raw'], commandChecksums: false, ownFormats: [], removeRaw: false });
  });

  it('the command makes everything, come what may', () => {
    const plan = planConversion(needs({ conversion: 'dib-cmd' }));

    expect(plan).toMatchObject({ commandFormats: ['qcow2', 'vhd'], commandChecksums: true, ownFormats: [] });
  });
});

describe('vhd-util', () => {
  it('is looked for where it matters alone', () => {
    const matters = (of: Parameters<typeof needs>[0]): boolean => dependsOnVhdUtil(needs(of));

    expect(matters({})).toBe(true);
    expect(matters({ formats: ['qcow2'] })).toBe(false);
    expect(matters({ vhdSubformat: 'fixed' })).toBe(false);
    expect(matters({ conversion: 'nodepool' })).toBe(false);
    expect(matters({ dibCmd: 'my-builder' })).toBe(false);
  });
});
