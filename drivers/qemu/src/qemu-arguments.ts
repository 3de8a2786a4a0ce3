import type { InstanceFiles } from './instance-store.js';

export type Accelerator = 'kvm' | 'tcg';

/** The program; amd64 machines only. */
export const qemuProgram = 'qemu-system-x86_64';

export interface MachineSpec {
  readonly id: string;
  readonly uuid: string;
  readonly files: InstanceFiles;
  readonly accelerator: Accelerator;
  readonly memoryMiB: number;
  readonly cores: number;
  readonly mac: string;
  readonly hasConfigDrive: boolean;
  readonly network:
    | { readonly kind: 'bridge'; readonly name: string }
    | {
        readonly kind: 'user';
        readonly hostPort: number;
        readonly guestPort: number;
        /** Nothing passes but the forwarded port. */
        readonly restricted: boolean;
      };
}

/** Flags of an accelerator, also used for its trial. */
export function acceleratorArguments(accelerator: Accelerator): readonly string[] {
  // Translated code is cached in 32 MiB instead of a share of the host's memory, and one thread serves all cores: many
  // small machines on few processors is what this is for. qemu64 boots twice as fast as "max" when translated.
  return accelerator === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=single,tb-size=32', '-cpu', 'qemu64'];
}

/** Flags of a machine that has no more devices than it is given. */
export const bareMachine: readonly string[] = ['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'pc'];

/** The file descriptor on which qemu greets once the machine is set up. */
export const readyFd = 3;

/** The command line of one machine. */
export function qemuArguments(spec: MachineSpec): readonly string[] {
  const { files } = spec;
  return [
    ...['-name', `guest=${spec.id}`],
    ...['-uuid', spec.uuid],
    ...bareMachine,
    ...acceleratorArguments(spec.accelerator),
    ...['-m', String(spec.memoryMiB), '-smp', String(spec.cores)],
    // The disk ends with the machine: what the host loses in a crash nobody will read.
    ...['-drive', `file=${value(files.disk)},format=qcow2,if=virtio,cache=unsafe,discard=unmap`],
    ...(spec.hasConfigDrive ? ['-drive', `file=${value(files.configDrive)},format=raw,if=virtio,readonly=on`] : []),
    ...networkArguments(spec),
    ...['-device', 'virtio-rng-pci'],
    ...['-chardev', `file,id=console,path=${value(files.console)},append=on`, '-serial', 'chardev:console'],
    ...['-chardev', `socket,id=monitor,path=${value(files.monitor)},server=on,wait=off`],
    ...['-mon', 'chardev=monitor,mode=control'],
    // A second monitor on an inherited socket: its greeting tells that the machine is set up.
    ...['-chardev', `socket,id=ready,fd=${readyFd}`, '-mon', 'chardev=ready,mode=control'],
    ...['-pidfile', files.pid],
  ];
}

function networkArguments({ network, mac }: MachineSpec): readonly string[] {
  // romfile: without network boot the firmware is done sooner.
  const device = ['-device', `virtio-net-pci,netdev=net,mac=${mac},romfile=`];
  // The bridge helper is a program that qemu starts, and needs the rights that the stricter sandbox takes away.
  if (network.kind === 'bridge') return ['-netdev', `bridge,id=net,br=${value(network.name)}`, ...device];
  const forward = `hostfwd=tcp:127.0.0.1:${network.hostPort}-:${network.guestPort}`;
  const restrict = network.restricted ? ',restrict=on' : '';
  const sandbox = ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'];
  return [...sandbox, '-netdev', `user,id=net,${forward}${restrict}`, ...device];
}

/** A value inside a comma-separated option. */
function value(text: string): string {
  return text.replaceAll(',', ',,');
}
