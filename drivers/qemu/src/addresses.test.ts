import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressInLeases, addressInNeighbours, freeLoopbackPort } from './addresses.js';

const mac = '52:54:00:aa:bb:cc';

describe('addressInNeighbours', () => {
  it('finds the IPv4 address of a network card', () => {
    const json = JSON.stringify([
      { dst: 'fe80::1', lladdr: mac, state: ['REACHABLE'] },
      { dst: '10.0.0.8', lladdr: '52:54:00:00:00:01', state: ['STALE'] },
      { dst: '10.0.0.7', lladdr: mac, state: ['FAILED'] },
      { dst: '10.0.0.9', lladdr: mac.toUpperCase(), state: ['STALE'] },
      { dst: '10.0.0.10', state: ['INCOMPLETE'] },
    ]);

    expect(addressInNeighbours(json, mac)).toBe('10.0.0.9');
  });

  it('knows nothing of an empty table', () => {
    expect([addressInNeighbours('', mac), addressInNeighbours('[]', mac)]).toEqual([undefined, undefined]);
  });
});

describe('addressInLeases', () => {
  it('takes the last lease of a network card', () => {
    const leases = `1795370000 ${mac} 10.0.0.5 np1 *\n1795370001 52:54:00:00:00:01 10.0.0.6 np2 *\n1795370002 ${mac} 10.0.0.7 np1 *\n`;

    expect([addressInLeases(leases, mac), addressInLeases('', mac)]).toEqual(['10.0.0.7', undefined]);
  });
});

describe('freeLoopbackPort', () => {
  it('names a port that can be listened on', async () => {
    const port = await freeLoopbackPort();

    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host: '127.0.0.1', port }, resolve);
    });
    server.close();
    expect(port).toBeGreaterThan(1023);
  });
});
