import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { type LaunchSpec, type ProviderDeps, ProviderError } from '@nodepool/driver-api';
import type { ProcessIdentity } from '@nodepool/runtime';
import { freeLoopbackPort } from './addresses.js';
import type { QemuLabel, QemuProviderConfig } from './config.js';
import { readAuthorizedKeys, writeConfigDrive } from './config-drive.js';
import { createFolder } from './files.js';
import { type BaseImage, findImage } from './images.js';
import { type InstanceFiles, type InstanceRecord, instanceFiles, recordName, writeInstance } from './instance-store.js';
import { type Accelerator, qemuArguments } from './qemu-arguments.js';
import { maxSocketPathBytes } from './qmp.js';
import { type ProgramDeps, runProgram } from './run-program.js';
import { isPortTaken, startQemu } from './start-qemu.js';

const overlayTimeoutMs = 30_000;

/** Tries to find a port that nobody takes between asking for it and using it. */
const portTries = 5;

export interface LaunchInput {
  readonly spec: LaunchSpec;
  readonly label: QemuLabel;
  readonly accelerator: Accelerator;
}

/**
 * Starts a machine. Its folder, with the tags in it, is there before anything else.
 *
 * @returns false when there is an instance of this name already.
 */
export async function launchInstance(
  input: LaunchInput,
  instances: string,
  config: QemuProviderConfig,
  deps: ProviderDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { spec, label, accelerator } = input;
  const files = instanceFiles(instances, spec.hostname);
  if (Buffer.byteLength(files.monitor) > maxSocketPathBytes) {
    throw new ProviderError(
      'misconfigured',
      `state-dir is too long: a socket's path may have ${maxSocketPathBytes} bytes`,
    );
  }
  const image = await findImage(spec.image, config);
  const record: InstanceRecord = {
    id: spec.hostname,
    uuid: deps.random.hexId().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    tags: { ...spec.tags },
    resources: { ...neededBy(label) },
    accelerator,
    mac: cardAddress(spec.hostname),
    started: null,
  };
  await mkdir(instances, { recursive: true });
  if (!(await createFolder(files.folder, recordName, record, deps.random.hexId()))) return false;
  const step = { clock: deps.clock, signal };
  await Promise.all([
    createOverlay(files, image, label, step),
    image.configDrive ? createConfigDrive(files, record, input, config, step) : undefined,
  ]);
  await writeInstance(files, { ...record, started: await start(files, record, input, config, step) });
  return true;
}

/** What a machine of a label takes of the quota. */
export function neededBy(label: QemuLabel): {
  readonly instances: number;
  readonly cores: number;
  readonly ram: number;
} {
  return { instances: 1, cores: label.cores, ram: label.memoryMiB };
}

/** A locally administered address that follows from the name, so that a name keeps its address. */
function cardAddress(id: string): string {
  const digest = createHash('sha256').update(id).digest('hex');
  return `52:54:00:${digest.slice(0, 2)}:${digest.slice(2, 4)}:${digest.slice(4, 6)}`;
}

async function createOverlay(
  files: InstanceFiles,
  image: BaseImage,
  label: QemuLabel,
  deps: ProgramDeps,
): Promise<void> {
  const size = label.volumeSizeGiB === undefined ? [] : [`${label.volumeSizeGiB}G`];
  const args = ['create', '-q', '-f', 'qcow2', '-b', image.path, '-F', image.format, files.disk, ...size];
  await runProgram('qemu-img', args, overlayTimeoutMs, deps);
}

async function createConfigDrive(
  files: InstanceFiles,
  record: InstanceRecord,
  { spec, label }: LaunchInput,
  config: QemuProviderConfig,
  deps: ProgramDeps,
): Promise<void> {
  const content = {
    uuid: record.uuid,
    hostname: spec.hostname,
    publicKeys: await readAuthorizedKeys(config.authorizedKeys),
    meta: record.tags,
    userdata: label.userdata,
  };
  await writeConfigDrive(files.configDrive, content, deps);
}

async function start(
  files: InstanceFiles,
  record: InstanceRecord,
  { spec, label }: LaunchInput,
  config: QemuProviderConfig,
  step: ProgramDeps,
): Promise<{ readonly process: ProcessIdentity; readonly port: number | null }> {
  const machine = {
    id: record.id,
    uuid: record.uuid,
    files,
    accelerator: record.accelerator,
    memoryMiB: label.memoryMiB,
    cores: label.cores,
    mac: record.mac,
    hasConfigDrive: spec.image.config.configDrive !== false,
  };
  if (config.bridge !== undefined) {
    const network = { kind: 'bridge', name: config.bridge.name } as const;
    return { process: await startQemu(files, qemuArguments({ ...machine, network }), step), port: null };
  }
  const guestPort = spec.image.config.connectionPort;
  for (let attempt = 1; ; attempt += 1) {
    const hostPort = await freeLoopbackPort();
    const network = { kind: 'user', hostPort, guestPort, restricted: config.restrictNetwork } as const;
    try {
      return { process: await startQemu(files, qemuArguments({ ...machine, network }), step), port: hostPort };
    } catch (error) {
      if (attempt >= portTries || !isPortTaken(error)) throw error;
    }
  }
}
