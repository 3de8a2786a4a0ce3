import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningInstance } from '@nodepool/driver-api';
import type { ProviderSubject } from '@nodepool/driver-api/conformance';
import { bootId, identify, isAlive, type ProcessIdentity, systemClock } from '@nodepool/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acceleratorChooser, tryKvm } from './accelerator.js';
import { instanceFiles, readInstance } from './instance-store.js';
import { createProvider } from './provider.js';
import { qemuArguments } from './qemu-arguments.js';
import { findByArgument, kill } from './qemu-process.js';
import { runProgram } from './run-program.js';
import { isPortTaken, startQemu } from './start-qemu.js';
import { miniImage } from './testing/mini-image.js';
import { runTypescript } from './testing/run-typescript.js';
import { makeKey, ssh, sshBanner } from './testing/ssh.js';
import { aConfig, aSpec, ctx, deps, endInstance, openSubject } from './testing/subject.js';

const bootMs = 90_000;

const never = new AbortController().signal;
const step = { clock: deps.clock, signal: never };

type Subject = Awaited<ReturnType<typeof openSubject>>;

async function runningOf({ provider }: ProviderSubject, externalId: string): Promise<RunningInstance> {
  const instances = async () => new Map();
  const progress = await provider.checkLaunch({ externalId, data: null }, { ...ctx, instances });
  if (progress.state === 'running') return progress.instance;
  throw new Error(`${externalId} is ${progress.state}`);
}

/** A killed process takes a moment to be gone. */
async function killAndWait(target: ProcessIdentity): Promise<void> {
  await kill(target);
  while (await isAlive(target)) await systemClock.sleep(10);
}

describe('machines of qemu', () => {
  let image = '';
  let keys = '';
  let publicKey = '';
  let subject: Subject;
  beforeAll(async () => {
    image = await miniImage();
    keys = await mkdtemp(join(tmpdir(), 'np-keys-'));
    publicKey = await makeKey(join(keys, 'key'));
  });
  beforeEach(async () => {
    subject = await openSubject(image, { 'authorized-keys': [publicKey] });
  });
  afterEach(async () => {
    await subject[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await rm(keys, { recursive: true, force: true });
  });

  const launch = async (nodeId: string): Promise<string> => {
    const { externalId } = await subject.provider.launch(aSpec(subject.config, nodeId, subject.externalId), ctx);
    if (typeof externalId === 'string') return externalId;
    throw new Error('the instance has no name');
  };
  const filesOf = (id: string) => instanceFiles(join(subject.config.stateDir, 'instances'), id);
  const processOf = async (id: string) => {
    const process = (await readInstance(filesOf(id)))?.started?.process;
    if (process === undefined) throw new Error(`${id} has no process`);
    return process;
  };

  it('boot, know their name and let in who has the key', async () => {
    const from = systemClock.monotonicMs();
    const id = await launch('0000000001');
    const accepted = systemClock.monotonicMs();
    const { connectionPort = 0, interfaceIp, attributes } = await runningOf(subject, id);

    const banner = await sshBanner(connectionPort, AbortSignal.timeout(bootMs));
    const answered = systemClock.monotonicMs();
    const name = await ssh(connectionPort, join(keys, 'key'), 'hostname');

    console.log(`accepted after ${Math.round(accepted - from)} ms, SSH banner after ${Math.round(answered - from)} ms`);
    expect(interfaceIp).toBe('127.0.0.1');
    expect(attributes).toEqual({ accelerator: 'tcg' });
    expect(banner).toContain('dropbear');
    expect(name).toBe('np0000000001');
    expect(await subject.provider.consoleLog?.(id, ctx)).toContain('Linux version');
  });

  it('outlive the launcher, and are found and ended by the next', async () => {
    const { stateDir } = subject.config;
    const script = join(import.meta.dirname, 'testing/launch-and-die.ts');
    const signal = await runTypescript(script, [stateDir, subject.externalId, '0000000002', 'launched']);
    const machine = await processOf('np0000000002');

    const next = createProvider(subject.config, deps);
    const again = await next.launch(aSpec(subject.config, '0000000002', subject.externalId), ctx);

    expect(signal).toBe('SIGKILL');
    expect(await isAlive(machine)).toBe(true);
    expect(await processOf('np0000000002')).toEqual(machine);
    expect(await next.listInstances(ctx)).toMatchObject([
      { externalId: again.externalId, status: 'running', tags: { nodepool_node_id: '0000000002' } },
    ]);
    await endInstance(next, 'np0000000002');
    expect(await isAlive(machine)).toBe(false);
  });

  it('are ended even when the launcher died before it could note their process', async () => {
    const { stateDir } = subject.config;
    const script = join(import.meta.dirname, 'testing/launch-and-die.ts');
    await runTypescript(script, [stateDir, subject.externalId, '0000000003', 'unrecorded']);
    const pid = Number(await readFile(filesOf('np0000000003').pid, 'utf8'));
    const before = await identify(pid);

    const [found] = await subject.provider.listInstances(ctx);
    await endInstance(subject.provider, 'np0000000003');

    expect(before?.pid).toBe(pid);
    expect(found).toMatchObject({ status: 'running', tags: { nodepool_node_id: '0000000003' } });
    expect(await identify(pid)).toBeUndefined();
    expect(await readdir(join(stateDir, 'instances'))).toEqual([]);
  });

  it('that have ended fail their launch with their last words, and are still listed', async () => {
    const id = await launch('0000000004');
    await killAndWait(await processOf(id));
    await writeFile(filesOf(id).console, 'Kernel panic - not syncing');

    await expect(runningOf(subject, id)).rejects.toMatchObject({
      code: 'launch-failed',
      message: expect.stringContaining('Kernel panic'),
    });
    expect(await subject.provider.listInstances(ctx)).toMatchObject([
      { status: 'stopped', resources: { instances: 1 } },
    ]);
  });

  it('are killed when they do not end by themselves', async () => {
    const id = await launch('0000000005');
    const machine = await processOf(id);
    process.kill(machine.pid, 'SIGSTOP');

    await endInstance(subject.provider, id);

    expect(await isAlive(machine)).toBe(false);
  });

  it('spare a process that has taken over the number of theirs', async () => {
    const id = await launch('0000000006');
    await killAndWait(await processOf(id));
    const record = await readInstance(filesOf(id));
    const ours = await identify(process.pid);
    if (record?.started == null || ours === undefined) throw new Error('the machine has no process');
    const stale = { ...record, started: { ...record.started, process: { ...ours, startTicks: 1 } } };
    await writeFile(filesOf(id).record, JSON.stringify(stale));

    await endInstance(subject.provider, id);

    expect(await identify(process.pid)).toEqual(ours);
  });

  it('whose launch is called off leave nothing', async () => {
    const controller = new AbortController();
    const spec = aSpec(subject.config, '0000000007', subject.externalId);
    const launched = subject.provider.launch(spec, { ...ctx, signal: controller.signal });
    await systemClock.sleep(100);
    controller.abort(new Error('stopping'));

    await expect(launched).rejects.toMatchObject({ code: 'transient' });
    expect(await subject.provider.listInstances(ctx)).toEqual([]);
  });

  it('have a port each, also when many are launched at once', async () => {
    const ids = await Promise.all(['11', '12', '13', '14'].map((node) => launch(`00000000${node}`)));

    const ports = await Promise.all(ids.map(async (id) => (await runningOf(subject, id)).connectionPort));

    expect(new Set(ports).size).toBe(4);
  });

  it('whose image is gone fail their launch and leave nothing', async () => {
    await subject.provider.images?.remove(subject.externalId, ctx);

    await expect(launch('0000000008')).rejects.toMatchObject({ code: 'launch-failed' });
    expect(await subject.provider.listInstances(ctx)).toEqual([]);
  });
});

describe('starting qemu', () => {
  it('tells a port that is taken from other failures, and leaves no process', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'np-start-'));
    const files = instanceFiles(folder, 'np1');
    await mkdir(files.folder);
    await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', files.disk, '1M'], 10_000, step);
    const server = createServer().listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port: hostPort } = server.address() as AddressInfo;
    const machine = { id: 'np1', uuid: randomUUID(), mac: '52:54:00:00:00:01', memoryMiB: 32, cores: 1 };
    const options = { accelerator: 'tcg', hasConfigDrive: false } as const;
    const network = { kind: 'user', hostPort, guestPort: 22, restricted: false } as const;
    const args = qemuArguments({ ...machine, ...options, files, network });

    const error = await startQemu(files, args, step).catch((reason: unknown) => reason);

    expect([isPortTaken(error), error]).toEqual([true, expect.objectContaining({ code: 'launch-failed' })]);
    expect(await findByArgument(files.pid)).toBeUndefined();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
});

describe('the trial of an accelerator', () => {
  it('succeeds where the trial machine runs to its end', async () => {
    expect(await tryKvm(20_000, deps, never, 'tcg')).toEqual({ kvm: true, reason: 'the trial machine ran' });
  });

  it('is made again when the host was started anew, and remembered', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'np-trial-'));
    const path = join(stateDir, 'accelerator.json');
    await writeFile(path, JSON.stringify({ kvm: true, reason: 'it ran', bootId: 'of another day', kernel: release() }));
    // Too short for any trial to succeed.
    const config = aConfig(stateDir, { accelerator: 'auto', 'kvm-probe': 0.001 });

    const chosen = await acceleratorChooser(config, deps, never, '/dev/null')();

    expect(chosen).toBe('tcg');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ kvm: false, bootId: await bootId() });
    await rm(stateDir, { recursive: true, force: true });
  });

  it('fails when the trial machine does not get on', async () => {
    expect(await tryKvm(1, deps, never, 'tcg')).toMatchObject({ kvm: false });
  });
});
