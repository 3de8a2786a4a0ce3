import type { Path, Problem } from '../finding.js';
import { error, type Rule, type RuleContext, warning } from './rule.js';

type Servers = RuleContext['file']['zookeeper-servers'];
type Source = 'main' | 'secure';

/** The secure file wins where it says anything. */
function servers({ file, secure }: RuleContext): { readonly source: Source; readonly list: Servers } {
  const own = secure['zookeeper-servers'];
  return own.length > 0 ? { source: 'secure', list: own } : { source: 'main', list: file['zookeeper-servers'] };
}

function tls({ file, secure }: RuleContext) {
  const own = secure['zookeeper-tls'];
  const isGiven = own !== undefined && Object.values(own).some((path) => path !== undefined);
  return isGiven
    ? { source: 'secure' as const, files: own }
    : { source: 'main' as const, files: file['zookeeper-tls'] };
}

/** Without a server there is nothing to connect to, unless one is started for the purpose. */
export const missingServers: Rule = (context) => {
  if (context.missingZooKeeper === 'allow' || servers(context).list.length > 0) return [];
  return [
    {
      severity: context.missingZooKeeper === 'warn' ? 'warning' : 'error',
      code: 'NP_CONFIG_ZOOKEEPER_MISSING',
      path: ['zookeeper-servers'],
      message: 'no ZooKeeper server is configured, neither here nor in the secure file',
      remedy: 'add zookeeper-servers with at least one "- host: NAME"',
    },
  ];
};

/** Certificates are of use only together. */
export const partialTls: Rule = (context) => {
  const { source, files } = tls(context);
  if (files === undefined) return [];
  const lacking = (['cert', 'key', 'ca'] as const).filter((name) => files[name] === undefined);
  if (lacking.length === 0) return [];
  return [
    error({
      code: 'NP_CONFIG_ZOOKEEPER_TLS',
      source,
      path: ['zookeeper-tls'],
      at: 'key',
      message: `zookeeper-tls lacks ${lacking.join(' and ')}`,
      remedy: 'give the paths of all three PEM files (cert, key, ca), or remove zookeeper-tls',
    }),
  ];
};

/** Whoever reads the traffic can take over every node; only on this machine nobody does. */
export const plainConnections: Rule = (context) => {
  const { source, list } = servers(context);
  if (tls(context).files !== undefined) return [];
  const exposed = list.flatMap(({ host }) => (host === undefined || isLoopback(host) ? [] : host));
  if (exposed.length === 0) return [];
  return [
    warning({
      code: 'NP_CONFIG_ZOOKEEPER_PLAIN',
      source,
      path: ['zookeeper-servers'],
      at: 'key',
      message: `the connection to ${exposed.join(', ')} is not encrypted`,
      remedy: 'add zookeeper-tls with cert, key and ca',
    }),
  ];
};

/** There is one tree, so there is one chroot. */
export const chroots: Rule = (context) => {
  const { source, list } = servers(context);
  const first = normalizeChroot(list[0]?.chroot);
  return list.flatMap(({ chroot }, index) => {
    const path: Path = ['zookeeper-servers', index, 'chroot'];
    if (chroot !== undefined && !isChroot(chroot)) return [chrootProblem(source, path, 'is not an absolute path')];
    if (normalizeChroot(chroot) === first) return [];
    return [chrootProblem(source, path, `differs from that of the first server, which has "${first}"`)];
  });
};

function chrootProblem(source: Source, path: Path, what: string): Problem {
  return error({
    code: 'NP_CONFIG_CHROOT',
    source,
    path,
    message: `the chroot ${what}`,
    remedy: 'give every server the same chroot, such as /nodepool-test, or none',
  });
}

/** The chroot without the slash at its end; empty for the root. */
export function normalizeChroot(chroot: string | undefined): string {
  return (chroot ?? '').replace(/\/+$/, '');
}

/** True for the root and for a path below it. */
export function isChroot(chroot: string): boolean {
  const path = normalizeChroot(chroot);
  return path === '' || /^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/.test(path);
}

function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}
