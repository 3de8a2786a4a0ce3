import type { ZooKeeper } from '@nodepool/zookeeper';

/** The data of all znodes below `path`, as text. */
export async function dumpTree(zk: ZooKeeper, path = '/nodepool'): Promise<string> {
  const [{ data }, { children }] = await Promise.all([zk.get(path), zk.children(path)]);
  const below = await Promise.all(children.map((name) => dumpTree(zk, `${path}/${name}`).catch(() => '')));
  return [data.toString(), ...below].join('\n');
}
