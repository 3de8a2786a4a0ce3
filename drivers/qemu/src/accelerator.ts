import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProviderDeps } from '@nodepool/driver-api';
import { bootId, errorText, isAbort } from '@nodepool/runtime';
import { z } from 'zod';
import type { QemuProviderConfig } from './config.js';
import { layoutOf, readJson, writeJson } from './files.js';
import { type Accelerator, acceleratorArguments, bareMachine, qemuProgram } from './qemu-arguments.js';
import { tryProgram } from './run-program.js';

/**
 * First sector of the trial's disk, 16-bit code at 0x7c00: switches to 32-bit mode, counts from twenty million down
 * while writing to memory, and ends qemu through its debug exit port. Takes a tenth of a second where KVM works; where it
 * is there but useless, as in some virtual machines, the firmware comes through and this does not.
 */
const trialSector = Buffer.from(
  [
    'fa 31c0 8ed8 0f0116547c', // cli; ds = 0; load the descriptor table that stands below
    '0f20c0 0c01 0f22c0 ea177c0800', // protection on; jump to 32-bit code
    '66b81000 8ed8 b9002d3101', // ds = flat data; ecx = 20,000,000
    '89cf 81e7ffff0000 898f00000100 e2f0', // write ecx to 0x10000 + (ecx & 0xffff); loop
    'b010 e6f4 f4 ebfd', // out 0xf4, 0x10; halt for ever
    '8d7600', // alignment
    '0000000000000000 ffff0000009acf00 ffff00000092cf00', // descriptors: none, code, data
    '17003c7c0000', // limit and address of the descriptors
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
);
const sectorBytes = 512;

/** What the debug exit port makes of 0x10: twice the value, plus one. */
const trialStatus = 0x21;

const Remembered = z.object({ kvm: z.boolean(), reason: z.string(), bootId: z.string(), kernel: z.string() });

interface Finding {
  readonly kvm: boolean;
  readonly reason: string;
}

/**
 * Says which accelerator new machines use. KVM is tried once per start of the host, and the finding kept in the state
 * folder; the first caller waits for it, later ones and other processes do not.
 *
 * @param lifetime ends a trial that is under way; callers cannot, since they share it.
 * @param device what must be usable before a trial is worth it.
 */
export function acceleratorChooser(
  config: QemuProviderConfig,
  deps: ProviderDeps,
  lifetime: AbortSignal,
  device = '/dev/kvm',
): () => Promise<Accelerator> {
  let chosen: Promise<Accelerator> | undefined;
  return () => {
    // A trial that could not be made says nothing: the next caller makes another.
    chosen ??= choose(config, deps, lifetime, device).catch((error: unknown) => {
      chosen = undefined;
      throw error;
    });
    return chosen;
  };
}

async function choose(
  config: QemuProviderConfig,
  deps: ProviderDeps,
  signal: AbortSignal,
  device: string,
): Promise<Accelerator> {
  const { kvm, reason } =
    config.accelerator === 'auto'
      ? await findOut(config, deps, signal, device)
      : { kvm: config.accelerator === 'kvm', reason: 'configured' };
  const accelerator = kvm ? 'kvm' : 'tcg';
  deps.log.info({ accelerator, reason }, 'chose accelerator');
  return accelerator;
}

async function findOut(
  config: QemuProviderConfig,
  deps: ProviderDeps,
  signal: AbortSignal,
  device: string,
): Promise<Finding> {
  if (!(await isUsable(device))) return { kvm: false, reason: `${device} is missing or may not be opened` };
  if (config.kvmProbeMs === 0) return { kvm: true, reason: 'trusted untried' };
  const path = layoutOf(config.stateDir).accelerator;
  const here = { bootId: await bootId(), kernel: release() };
  const known = Remembered.safeParse(await readJson(path).catch(() => undefined));
  if (known.success && known.data.bootId === here.bootId && known.data.kernel === here.kernel) return known.data;
  const finding = await tryKvm(config.kvmProbeMs, deps, signal);
  await writeJson(path, { ...finding, ...here });
  return finding;
}

async function isUsable(device: string): Promise<boolean> {
  return await access(device, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Runs {@link trialSector} in a virtual machine. */
export async function tryKvm(
  limitMs: number,
  { clock }: Pick<ProviderDeps, 'clock'>,
  signal: AbortSignal,
  accelerator: Accelerator = 'kvm',
): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-trial-'));
  try {
    const disk = join(folder, 'disk');
    const image = Buffer.alloc(sectorBytes);
    trialSector.copy(image);
    image.writeUInt16LE(0xaa55, sectorBytes - 2);
    await writeFile(disk, image);
    const { status, stderr } = await tryProgram(
      qemuProgram,
      [
        ...bareMachine,
        ...acceleratorArguments(accelerator),
        ...['-m', '16', '-no-reboot'],
        ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
        ...['-drive', `file=${disk.replaceAll(',', ',,')},format=raw,if=ide,snapshot=on`],
      ],
      limitMs,
      { clock, signal },
    );
    return status === trialStatus
      ? { kvm: true, reason: 'the trial machine ran' }
      : { kvm: false, reason: `the trial machine failed: ${stderr.trim() || `status ${status}`}` };
  } catch (error) {
    if (isAbort(error, signal) || !(error instanceof DOMException)) throw error;
    return { kvm: false, reason: `the trial machine did not finish: ${errorText(error)}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
