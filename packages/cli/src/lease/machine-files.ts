import { CliError } from '../errors.js';
import type { LeasedMachine } from './api-types.js';

/** A leased machine under the name by which the command knows it. */
export interface NamedMachine {
  /** The label, numbered from 1 where several machines have it. */
  readonly name: string;
  readonly address: string;
  readonly machine: LeasedMachine;
}

/** @throws NP_CLI_LEASE_MACHINE for a machine without an address, or with one that would not survive in a file. */
export function nameMachines(machines: readonly LeasedMachine[]): readonly NamedMachine[] {
  const seen = new Map<string, number>();
  return machines.map((machine) => {
    const number = (seen.get(machine.label) ?? 0) + 1;
    seen.set(machine.label, number);
    const isOnly = machines.filter(({ label }) => label === machine.label).length === 1;
    const address = machine.interface_ip ?? machine.hostname;
    if (address === null) {
      throw new CliError('NP_CLI_LEASE_MACHINE', `machine ${machine.node_id} has no address to connect to`);
    }
    const name = plain(machine.label).replaceAll(/[^\w.-]/g, '-');
    return { name: isOnly ? name : `${name}-${number}`, address: plain(address), machine };
  });
}

/** Host keys of all machines, under their names and addresses. */
export function knownHosts(machines: readonly NamedMachine[]): string {
  return lines(
    machines.flatMap(({ name, address, machine }) => {
      const port = machine.connection_port ?? 22;
      const place = port === 22 ? address : `[${address}]:${port}`;
      return machine.host_keys.map((key) => `${name},${place} ${keyLine(key)}`);
    }),
  );
}

/**
 * An SSH configuration that knows the machines and nothing else. Their keys are known, so a stranger is refused; where
 * none are known, the first is taken.
 */
export function sshConfig(
  machines: readonly NamedMachine[],
  files: { readonly knownHosts: string; readonly identity: string | undefined },
): string {
  return lines(
    machines.flatMap(({ name, address, machine }) => [
      `Host ${name}`,
      `  HostName ${address}`,
      `  HostKeyAlias ${name}`,
      `  Port ${machine.connection_port ?? 22}`,
      ...(machine.username === null ? [] : [`  User ${plain(machine.username)}`]),
      ...(files.identity === undefined ? [] : [`  IdentityFile ${quoted(files.identity)}`, '  IdentitiesOnly yes']),
      `  UserKnownHostsFile ${quoted(files.knownHosts)}`,
      '  GlobalKnownHostsFile /dev/null',
      `  StrictHostKeyChecking ${machine.host_keys.length > 0 ? 'yes' : 'accept-new'}`,
    ]),
  );
}

/** An inventory for Ansible: every machine, and a group for each label. JSON, which its YAML reader takes. */
export function ansibleInventory(
  machines: readonly NamedMachine[],
  files: { readonly sshConfig: string; readonly identity: string | undefined },
): string {
  const hosts = Object.fromEntries(machines.map((machine) => [machine.name, hostVariables(machine, files)]));
  const groups = Map.groupBy(machines, ({ machine }) => groupName(machine.label));
  const children = Object.fromEntries(
    [...groups].map(([group, members]) => [
      group,
      { hosts: Object.fromEntries(members.map(({ name }) => [name, {}])) },
    ]),
  );
  return `${JSON.stringify({ all: { hosts, children } }, null, 2)}\n`;
}

function hostVariables(
  { address, machine }: NamedMachine,
  files: { readonly sshConfig: string; readonly identity: string | undefined },
): Readonly<Record<string, unknown>> {
  const isSsh = (machine.connection_type ?? 'ssh') === 'ssh';
  return {
    ansible_host: address,
    ansible_connection: machine.connection_type ?? 'ssh',
    ...(machine.connection_port !== null && { ansible_port: machine.connection_port }),
    ...(machine.username !== null && { ansible_user: machine.username }),
    ...(machine.python_path !== null && { ansible_python_interpreter: machine.python_path }),
    ...(machine.shell_type !== null && { ansible_shell_type: machine.shell_type }),
    // Under its address the machine is not in the SSH configuration: what that says of its keys is said again.
    ...(isSsh && { ansible_ssh_common_args: commonArguments(machine, files.sshConfig) }),
    ...(isSsh && files.identity !== undefined && { ansible_ssh_private_key_file: files.identity }),
    nodepool_node_id: machine.node_id,
    nodepool_label: machine.label,
  };
}

function commonArguments(machine: LeasedMachine, configFile: string): string {
  const knownHostsFile = configFile.replace(/ssh_config$/, 'known_hosts');
  const checking = machine.host_keys.length > 0 ? 'yes' : 'accept-new';
  return `-F /dev/null -o UserKnownHostsFile='${knownHostsFile}' -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=${checking}`;
}

/** Ansible takes letters, digits and underscores, and no digit first. */
function groupName(label: string): string {
  const name = label.replaceAll(/\W/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}

/** Nothing that ends a word or a line of a configuration. */
function plain(text: string): string {
  if (/^[^\s"'\\#\p{Cc}-][^\s"'\\\p{Cc}]*$/u.test(text)) return text;
  throw new CliError('NP_CLI_LEASE_MACHINE', `not usable as a name: ${JSON.stringify(text)}`);
}

function keyLine(key: string): string {
  const line = /^(?:[\w@.-]+) [\w+/=]+/.exec(key)?.[0];
  if (line === undefined) throw new CliError('NP_CLI_LEASE_MACHINE', `not a host key: ${JSON.stringify(key)}`);
  return line;
}

function quoted(path: string): string {
  return `"${path}"`;
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
