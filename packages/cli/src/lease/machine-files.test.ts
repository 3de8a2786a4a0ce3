import { describe, expect, it } from 'vitest';
import type { LeasedMachine } from './api-types.js';
import { ansibleInventory, knownHosts, nameMachines, sshConfig } from './machine-files.js';

function aMachine(overrides: Partial<LeasedMachine> = {}): LeasedMachine {
  return {
    node_id: '0000000001',
    label: 'small',
    hostname: 'np1',
    interface_ip: '192.0.2.1',
    connection_type: 'ssh',
    connection_port: 22,
    username: 'zuul',
    python_path: '/usr/bin/python3',
    shell_type: null,
    host_keys: ['ssh-ed25519 AAAA+b/='],
    ...overrides,
  };
}

const files = { knownHosts: '/tmp/x y/known_hosts', identity: '/keys/ci' };

describe('names of leased machines', () => {
  it('are labels, numbered where several machines have the same', () => {
    const machines = nameMachines([aMachine(), aMachine({ label: 'big' }), aMachine()]);

    expect(machines.map(({ name }) => name)).toEqual(['small-1', 'big', 'small-2']);
  });

  it.each([
    ['an address that begins an option', { interface_ip: '-oProxyCommand=x' }],
    ['an address of two words', { interface_ip: '192.0.2.1 x' }],
    ['an address of two lines', { interface_ip: '192.0.2.1\nProxyCommand x' }],
    ['no address at all', { interface_ip: null, hostname: null }],
  ])('refuse %s', (_what, machine) => {
    expect(() => nameMachines([aMachine(machine)])).toThrow(expect.objectContaining({ code: 'NP_CLI_LEASE_MACHINE' }));
  });
});

describe('the SSH configuration', () => {
  it('knows each machine, its keys and nothing else', () => {
    const machines = nameMachines([aMachine({ connection_port: 2222 })]);

    expect(sshConfig(machines, files)).toBe(`Host small
  HostName 192.0.2.1
  HostKeyAlias small
  Port 2222
  User zuul
  IdentityFile "/keys/ci"
  IdentitiesOnly yes
  UserKnownHostsFile "/tmp/x y/known_hosts"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
`);
    expect(knownHosts(machines)).toBe('small,[192.0.2.1]:2222 ssh-ed25519 AAAA+b/=\n');
  });

  it('takes the first key of a machine of which none is known', () => {
    expect(sshConfig(nameMachines([aMachine({ host_keys: [] })]), files)).toContain('StrictHostKeyChecking accept-new');
  });

  it.each([['a user', { username: 'zuul\n  ProxyCommand x' }]])('refuses %s that would add lines', (_what, machine) => {
    expect(() => sshConfig(nameMachines([aMachine(machine)]), files)).toThrow('not usable as a name');
  });

  it('takes of a host key its type and its value alone', () => {
    const machines = nameMachines([aMachine({ host_keys: ['ssh-rsa AAAA zuul@x\n* ssh-rsa BBBB'] })]);

    expect(knownHosts(machines)).toBe('small,192.0.2.1 ssh-rsa AAAA\n');
  });
});

it('the inventory has every machine, and a group for each label', () => {
  const machines = nameMachines([aMachine(), aMachine({ label: '24-04.small', shell_type: 'sh' })]);

  const { all } = JSON.parse(ansibleInventory(machines, { sshConfig: '/tmp/l/ssh_config', identity: undefined }));

  expect(all.children).toEqual({ small: { hosts: { small: {} } }, _24_04_small: { hosts: { '24-04.small': {} } } });
  expect(all.hosts.small).toEqual({
    ansible_host: '192.0.2.1',
    ansible_connection: 'ssh',
    ansible_port: 22,
    ansible_user: 'zuul',
    ansible_python_interpreter: '/usr/bin/python3',
    ansible_ssh_common_args:
      "-F /dev/null -o UserKnownHostsFile='/tmp/l/known_hosts' -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes",
    nodepool_node_id: '0000000001',
    nodepool_label: 'small',
  });
});
