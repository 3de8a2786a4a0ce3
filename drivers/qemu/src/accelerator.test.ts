import { mkdtemp, rm } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootId } from '@nodepool/runtime';
import { recordLog } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceleratorChooser } from './accelerator.js';
import { writeJson } from './files.js';
import { aConfig, deps } from './testing/subject.js';

const lifetime = new AbortController().signal;

/** Can always be opened, which is all that is asked of the device before a trial. */
const openable = '/dev/null';

describe('the choice of an accelerator', () => {
  let stateDir = '';
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'np-accel-'));
  });
  afterEach(async () => {
    await rm(stateDir, { recursive: true, force: true });
  });

  it('is what the configuration says', async () => {
    const chosen = ['kvm', 'tcg'].map((accelerator) =>
      acceleratorChooser(aConfig(stateDir, { accelerator }), deps, lifetime, '/nonexistent')(),
    );

    expect(await Promise.all(chosen)).toEqual(['kvm', 'tcg']);
  });

  it('is TCG where KVM cannot be opened, and the log says why', async () => {
    const log = recordLog();
    const choose = acceleratorChooser(aConfig(stateDir, { accelerator: 'auto' }), { ...deps, log }, lifetime, '/none');

    expect(await choose()).toBe('tcg');
    expect(log.lines).toMatchObject([
      { message: 'chose accelerator', fields: { accelerator: 'tcg', reason: '/none is missing or may not be opened' } },
    ]);
  });

  it('is KVM without a trial where the configuration trusts it', async () => {
    const config = aConfig(stateDir, { accelerator: 'auto', 'kvm-probe': 0 });

    expect(await acceleratorChooser(config, deps, lifetime, openable)()).toBe('kvm');
  });

  it('is remembered from an earlier trial since the host was started', async () => {
    const remembered = { kvm: true, reason: 'it ran', bootId: await bootId(), kernel: release() };
    await writeJson(join(stateDir, 'accelerator.json'), remembered);

    const choose = acceleratorChooser(aConfig(stateDir, { accelerator: 'auto' }), deps, lifetime, openable);

    expect(await choose()).toBe('kvm');
  });
});
