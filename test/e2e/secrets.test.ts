import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startOtlpReceiver } from '@nodepool/telemetry/testing';
import { freePort } from '@nodepool/zookeeper/server';
import { describe, expect, it } from 'vitest';
import { type Cluster, eventually, startCluster } from '../support/cluster.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { writeFakeImageCreate } from '../support/image-create.js';

/** What must be seen nowhere, by where it stands. */
const secrets = {
  cloudPassword: 'pw-7Xq2-of-the-cloud',
  wrongPassword: 'pw-3Lm9-that-is-refused',
  issuedToken: 'gAAAA-token-that-keystone-issued',
  webToken: 'npt_web-token-of-an-operator',
  guessedToken: 'npt_web-token-that-was-guessed',
  buildVariable: 'env-5Tz8-for-the-build',
  kubernetesToken: 'k8s-2Wn4-in-a-connection-port',
  collectorPassword: 'otel-9Hc6-of-the-collector',
  brokenSecure: 'pw-4Rv7-in-a-file-with-errors',
} as const;

/** Signs in whoever has the password; says back, in its errors, whatever it was sent. */
async function startTalkativeCloud(): Promise<Server> {
  const server = createServer(async (request, response) => {
    let body = JSON.stringify(request.headers);
    for await (const chunk of request) body += String(chunk);
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const signsIn = request.method === 'POST' && request.url === '/v3/auth/tokens';
    if (signsIn && body.includes(secrets.cloudPassword)) {
      const endpoint = { interface: 'public', region: 'R', region_id: 'R', id: 'e', url: `${url}/compute/v2.1` };
      const catalog = [{ type: 'compute', name: 'nova', id: 'nova', endpoints: [endpoint] }];
      const token = {
        methods: ['password'],
        issued_at: '2026-01-01T00:00:00Z',
        expires_at: '2099-01-01T00:00:00Z',
        catalog,
      };
      response.writeHead(201, { 'content-type': 'application/json', 'x-subject-token': secrets.issuedToken });
      response.end(JSON.stringify({ token }));
      return;
    }
    response.writeHead(signsIn ? 401 : 403, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { code: 403, title: 'No', message: `you have sent ${body}` } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const cloudProvider = (name: string): string => `
  - name: ${name}
    driver: openstack
    cloud: ${name}
    region-name: R
    cloud-images: [{name: debian}]
    pools:
      - name: main
        max-servers: 2
        labels: [{name: small, cloud-image: debian, min-ram: 1024}]`;

function configuration(folder: string, port: number, webPort: number): string {
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 4.0
images-dir: ${folder}/images
build-log-dir: ${folder}/build-logs
images-dir-min-free: 0
webapp: {port: ${webPort}, listen_address: 127.0.0.1}
labels: [{name: small}, {name: fake, min-ready: 1}]
diskimages: [{name: plain, dib-cmd: ${folder}/fake-image-create}]
providers:${cloudProvider('right')}${cloudProvider('wrong')}
  - name: local
    driver: fake
    cloud: none
    fake: {state-dir: ${folder}/cloud}
    diskimages: [{name: plain}]
    pools: [{name: main, max-servers: 2, labels: [{name: fake, diskimage: plain, flavor-name: any}]}]
`;
}

const secureFile = (): string => `
webapp:
  tokens:
    - {name: ada, hash: "sha256:${createHash('sha256').update(secrets.webToken).digest('hex')}", scopes: [admin]}
diskimages: [{name: plain, env-vars: {REGISTRATION: ${secrets.buildVariable}}}]
`;

function cloudsFile(port: number): string {
  const cloud = (password: string) => ({
    auth: { auth_url: `http://127.0.0.1:${port}/v3`, username: 'nodepool', password, project_name: 'ci' },
    region_name: 'R',
    user_domain_name: 'Default',
    project_domain_name: 'Default',
  });
  return JSON.stringify({ clouds: { right: cloud(secrets.cloudPassword), wrong: cloud(secrets.wrongPassword) } });
}

/** A node in a cluster of containers. Its port is a token; what else it may carry, the original's lists show. */
const nodeWithSecrets = (): Buffer =>
  Buffer.from(
    JSON.stringify({
      state: 'hold',
      state_time: Date.now() / 1000,
      type: ['fake'],
      provider: 'elsewhere',
      pool: 'main',
      connection_type: 'kubectl',
      connection_port: { token: secrets.kubernetesToken },
    }),
  );

/** Everything that the web server says to reads, by whom they are, and to changes that are refused. */
async function askEverything(url: string, nodeId: string): Promise<string> {
  const { paths } = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const own = Object.entries(paths)
    .filter(([path, methods]) => methods['get'] !== undefined && !path.endsWith('/events'))
    .map(([path]) =>
      path
        .replace('{name}', 'plain')
        .replace('{provider}', 'local')
        .replace(/\{[^}]*\}/g, nodeId),
    )
    .map((path) => (path.startsWith('/api/') ? path : `/api/v1${path}`));
  const old = [
    '/node-list',
    '/request-list',
    '/image-list',
    '/dib-image-list',
    '/image-status',
    '/label-list',
    '/ready',
  ];
  const answers: string[] = [];
  const note = async (path: string, init: RequestInit): Promise<number> => {
    const answer = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(10_000) });
    answers.push(JSON.stringify([...answer.headers]), await answer.text());
    return answer.status;
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const statuses: number[] = [];
  for (const path of [...own, ...old, '/metrics', '/']) {
    for (const headers of [{}, bearer(secrets.webToken), { accept: 'application/json' }]) {
      statuses.push(await note(path, { headers }));
    }
  }
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(20);
  expect(await note(`/api/v1/nodes/${nodeId}`, { headers: bearer(secrets.guessedToken) })).toBe(401);
  const body = JSON.stringify({ comment: 1, token: secrets.guessedToken });
  const headers = { ...bearer(secrets.webToken), 'content-type': 'application/json' };
  expect(await note(`/api/v1/nodes/${nodeId}/hold`, { method: 'POST', headers, body })).toBe(400);
  expect(await note('/api/v1/images/plain/build', { method: 'POST', headers: bearer(secrets.webToken) })).toBe(202);
  const events = await fetch(`${url}/api/v1/events`, { headers: bearer(secrets.webToken) });
  const reader = events.body?.getReader();
  await fetch(`${url}/api/v1/images/plain/pause`, { method: 'POST', headers: bearer(secrets.webToken) });
  let streamed = '';
  while (!streamed.includes('event: change')) streamed += Buffer.from((await reader?.read())?.value ?? []).toString();
  await reader?.cancel();
  return [...answers, streamed].join('\n');
}

const logFile = (cluster: Cluster, program: string): string => join(cluster.folder, `${program}.out`);

function start(cluster: Cluster, program: string, env: Readonly<Record<string, string>>): Daemon {
  const files = ['-c', cluster.configFile, '-s', join(cluster.folder, 'secure.yaml')];
  return startDaemon(
    program,
    [...files, '-p', join(cluster.folder, `${program}.pid`), '-d'],
    logFile(cluster, program),
    env,
  );
}

function logged(cluster: Cluster, program: string): Promise<string> {
  return readFile(logFile(cluster, program), 'utf8').catch(() => '');
}

function untilLogged(cluster: Cluster, program: string, text: string): Promise<void> {
  return eventually(
    `"${text}" in the log of ${program}`,
    async () => ((await logged(cluster, program)).includes(text) ? undefined : 'not yet'),
    60_000,
  );
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('a whole run', () => {
  it('shows no secret: in logs at level DEBUG, traces, measurements, answers, events, dumps, build logs', async () => {
    await using receiver = await startOtlpReceiver();
    const cloud = await startTalkativeCloud();
    const webPort = await freePort();
    await using cluster = await startCluster(({ folder, port }) => configuration(folder, port, webPort));
    await writeFakeImageCreate(cluster.folder);
    await writeFile(join(cluster.folder, 'secure.yaml'), secureFile(), { mode: 0o600 });
    await writeFile(join(cluster.folder, 'clouds.yaml'), cloudsFile((cloud.address() as AddressInfo).port));
    await cluster.zk.create('/nodepool/nodes/0000000042', nodeWithSecrets());
    const env = {
      OS_CLIENT_CONFIG_FILE: join(cluster.folder, 'clouds.yaml'),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint.replace('://', `://collector:${secrets.collectorPassword}@`),
      OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${secrets.collectorPassword}`,
    };
    const daemons = ['nodepool-launcher', 'nodepool-builder'].map((program) => start(cluster, program, env));
    try {
      await untilLogged(cluster, 'nodepool-builder', 'finished upload');
      await untilLogged(cluster, 'nodepool-launcher', 'launched node');
      await untilLogged(cluster, 'nodepool-launcher', 'began to serve the web');
      await untilLogged(cluster, 'nodepool-launcher', 'called the cloud');

      const answers = await askEverything(`http://127.0.0.1:${webPort}`, '0000000042');
      await writeFile(
        join(cluster.folder, 'secure.yaml'),
        `webapp: {tokens: [{name: 1, hash: ${secrets.brokenSecure}}]}`,
      );
      await untilLogged(cluster, 'nodepool-launcher', 'kept the last good one');
      for (const daemon of daemons) daemon.kill('SIGUSR2');
      for (const program of ['nodepool-launcher', 'nodepool-builder'])
        await untilLogged(cluster, program, 'dumped state');
      for (const daemon of daemons) await daemon.stop();

      expect(receiver.spans.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['node request', 'launch node', 'cloud launch', 'image build', 'image upload']),
      );
      const logs = [
        ...(await filesBelow(join(cluster.folder, 'build-logs'))),
        ...['launcher', 'builder'].map((one) => logFile(cluster, `nodepool-${one}`)),
      ];
      const places = {
        answers,
        traces: receiver.bodies.join('\n'),
        ...Object.fromEntries(
          await Promise.all(logs.map(async (file) => [file, await readFile(file, 'utf8')] as const)),
        ),
      };
      const found = Object.entries(places).flatMap(([place, text]) =>
        Object.entries(secrets)
          .filter(([, secret]) => text.includes(secret))
          .map(([name]) => `${name} in ${place}`),
      );
      expect(found).toEqual([]);
    } finally {
      for (const daemon of daemons) daemon.kill('SIGKILL');
      await Promise.all(daemons.map(({ exited }) => exited));
      cloud.closeAllConnections();
      cloud.close();
    }
  });
});
