import { createServer } from 'node:net';
import { z } from 'zod';
import { readIfPresent } from './files.js';
import { type ProgramDeps, runProgram } from './run-program.js';

const timeoutMs = 5_000;

/** A TCP port on loopback that nobody listens on now. Somebody else may before it is used: try again then. */
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('the system named no port'));
      });
    });
  });
}

const Neighbours = z.array(
  z.object({ dst: z.string(), lladdr: z.string().optional(), state: z.array(z.string()).default([]) }),
);

/** The IPv4 address that the host's neighbour table (`ip -json neigh`) has for a network card. */
export function addressInNeighbours(json: string, mac: string): string | undefined {
  const entries = Neighbours.parse(JSON.parse(json === '' ? '[]' : json));
  return entries.find(
    ({ dst, lladdr, state }) => lladdr?.toLowerCase() === mac && !dst.includes(':') && !state.includes('FAILED'),
  )?.dst;
}

/** The address that dnsmasq's lease file has for a network card: lines of expiry, card, address, name, client id. */
export function addressInLeases(leases: string, mac: string): string | undefined {
  const lines = leases.split('\n').map((line) => line.split(' '));
  return lines.findLast(([, card]) => card?.toLowerCase() === mac)?.[2];
}

/** The address of a machine on a bridge, as soon as the host knows it. */
export async function addressOnBridge(
  bridge: { readonly name: string; readonly leaseFile: string | undefined },
  mac: string,
  deps: ProgramDeps,
): Promise<string | undefined> {
  if (bridge.leaseFile !== undefined) return addressInLeases((await readIfPresent(bridge.leaseFile)) ?? '', mac);
  return addressInNeighbours(
    await runProgram('ip', ['-json', 'neigh', 'show', 'dev', bridge.name], timeoutMs, deps),
    mac,
  );
}
