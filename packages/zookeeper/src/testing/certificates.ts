import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** PEM contents of one key and its certificate. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** A certificate authority of its own, a server on loopback and a client, made anew for each test run. */
export interface TestCertificates extends AsyncDisposable {
  readonly ca: string;
  readonly caFile: string;
  /** Key and certificate of the server in one file, as ZooKeeper wants them. */
  readonly keyAndCertificateFile: string;
  readonly client: KeyPair;
}

const run = promisify(execFile);

async function openssl(directory: string, ...args: readonly string[]): Promise<void> {
  await run('openssl', [...args], { cwd: directory });
}

/** @throws Error when `openssl` is not installed. */
export async function makeCertificates(): Promise<TestCertificates> {
  const directory = await mkdtemp(join(tmpdir(), 'zookeeper-tls-'));
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
  await openssl(
    directory,
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  const issue = async (name: string, extension: string): Promise<KeyPair> => {
    await writeFile(join(directory, `${name}.ext`), extension);
    await openssl(directory, 'req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    await openssl(
      directory,
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`,
    );
    return {
      key: await readFile(join(directory, `${name}.key`), 'utf8'),
      cert: await readFile(join(directory, `${name}.pem`), 'utf8'),
    };
  };
  const server = await issue('server', 'subjectAltName=IP:127.0.0.1\n');
  const client = await issue('client', 'extendedKeyUsage=clientAuth\n');
  const keyAndCertificateFile = join(directory, 'server-all.pem');
  await writeFile(keyAndCertificateFile, server.key + server.cert);
  return {
    ca: await readFile(join(directory, 'ca.pem'), 'utf8'),
    caFile: join(directory, 'ca.pem'),
    keyAndCertificateFile,
    client,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
