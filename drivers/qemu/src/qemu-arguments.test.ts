import { describe, expect, it } from 'vitest';
import { instanceFiles } from './instance-store.js';
import { type MachineSpec, qemuArguments } from './qemu-arguments.js';

const aMachine = (overrides: Partial<MachineSpec> = {}): MachineSpec => ({
  id: 'np0000000001',
  uuid: '00000000-0000-0000-0000-000000000001',
  files: instanceFiles('/state/instances', 'np0000000001'),
  accelerator: 'tcg',
  memoryMiB: 96,
  cores: 2,
  mac: '52:54:00:00:00:01',
  hasConfigDrive: true,
  network: { kind: 'user', hostPort: 40_022, guestPort: 22, restricted: false },
  ...overrides,
});

/** The values of an option that may stand several times. */
function valuesOf(args: readonly string[], option: string): readonly string[] {
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []));
}

describe('the command line of a machine', () => {
  it('gives the machine its size, its disks and its name', () => {
    const args = qemuArguments(aMachine());

    expect(valuesOf(args, '-name')).toEqual(['guest=np0000000001']);
    expect([...valuesOf(args, '-m'), ...valuesOf(args, '-smp')]).toEqual(['96', '2']);
    expect(valuesOf(args, '-drive')).toEqual([
      'file=/state/instances/np0000000001/disk.qcow2,format=qcow2,if=virtio,cache=unsafe,discard=unmap',
      'file=/state/instances/np0000000001/config-drive.iso,format=raw,if=virtio,readonly=on',
    ]);
  });

  it('forwards a port of loopback to the port that clients connect to', () => {
    expect(valuesOf(qemuArguments(aMachine()), '-netdev')).toEqual(['user,id=net,hostfwd=tcp:127.0.0.1:40022-:22']);
  });

  it('cuts a restricted machine off from everything else', () => {
    const network = { kind: 'user', hostPort: 40_022, guestPort: 5986, restricted: true } as const;

    expect(valuesOf(qemuArguments(aMachine({ network })), '-netdev')).toEqual([
      'user,id=net,hostfwd=tcp:127.0.0.1:40022-:5986,restrict=on',
    ]);
  });

  it('attaches a machine to the bridge, without the sandbox that the bridge helper cannot live in', () => {
    const args = qemuArguments(aMachine({ network: { kind: 'bridge', name: 'br0' } }));

    expect(valuesOf(args, '-netdev')).toEqual(['bridge,id=net,br=br0']);
    expect(args).not.toContain('-sandbox');
  });

  it('leaves out a configuration drive that is not wanted', () => {
    expect(valuesOf(qemuArguments(aMachine({ hasConfigDrive: false })), '-drive')).toHaveLength(1);
  });

  it('keeps a comma in a path from ending the option', () => {
    const files = instanceFiles('/state,x=y', 'np1');

    expect(valuesOf(qemuArguments(aMachine({ files })), '-drive')[0]).toMatch(
      /^file=\/state,,x=y\/np1\/disk.qcow2,format/,
    );
  });

  it('uses the processor of the host under KVM and one that is quick to translate otherwise', () => {
    const cpu = (accelerator: 'kvm' | 'tcg'): readonly string[] =>
      valuesOf(qemuArguments(aMachine({ accelerator })), '-cpu');

    expect([cpu('kvm'), cpu('tcg')]).toEqual([['host'], ['qemu64']]);
  });
});
