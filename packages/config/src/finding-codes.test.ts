import { describe, expect, it } from 'vitest';
import { type FindingCode, findingCodes } from './finding.js';
import { checkConfig } from './load.js';
import { type Files, findingsOf, inMemory } from './testing/index.js';

/** One configuration for each code, with the line it leads to. */
const cases: Readonly<Record<FindingCode, Files & { readonly finds: string }>> = {
  NP_CONFIG_FILE: {
    main: '',
    readFile: async () => Promise.reject(new Error('permission denied')),
    finds:
      'nodepool.yaml: error: the file cannot be read: permission denied. Remedy: let the user of this program read the file',
  },
  NP_CONFIG_YAML: {
    main: 'labels: [\n',
    finds:
      'nodepool.yaml:2:1: error: Flow sequence in block collection must be sufficiently indented and end with a ]. ' +
      'Remedy: correct the YAML here or on the line before',
  },
  NP_CONFIG_DUPLICATE_KEY: {
    main: 'max-hold-age: 1\nmax-hold-age: 2\n',
    finds:
      'nodepool.yaml:2:1: error: max-hold-age: this key is given twice in one mapping; the last one counts. ' +
      'Remedy: remove one of the two',
  },
  NP_CONFIG_UNRESOLVED_VARIABLE: {
    main: 'images-dir: "%(NODEPOOL_DIR)"\n',
    finds:
      'nodepool.yaml:1:14: warning: the environment variable NODEPOOL_DIR is not set, so the text %(NODEPOOL_DIR) stays ' +
      'as it is. Remedy: set NODEPOOL_DIR in the environment of the program, or remove the reference',
  },
  NP_CONFIG_TYPE: {
    main: 'providers:\n  - name: one\n    driver: tiny\n    pools:\n      - name: p\n        max-servers: "ten"\n',
    finds:
      'nodepool.yaml:6:22: error: providers[0].pools[0].max-servers: expected an integer, got "ten". ' +
      'Remedy: write a whole number without quotes',
  },
  NP_CONFIG_VALUE: {
    main: 'webapp:\n  port: 0\n',
    finds: 'nodepool.yaml:2:9: error: webapp.port: must be at least 1. Remedy: write at least 1',
  },
  NP_CONFIG_REQUIRED: {
    main: 'labels:\n  - min-ready: 1\n',
    finds: 'nodepool.yaml:2:5: error: labels[0].name: the key "name" is missing. Remedy: add "name", which is a string',
  },
  NP_CONFIG_UNKNOWN_KEY: {
    main: 'diskimages:\n  - name: a\n    formats: [raw]\n    base: b\n',
    unknownKeys: 'error',
    finds:
      'nodepool.yaml:4:5: error: diskimages[0].base: unknown key "base". Remedy: use one of name, abstract, parent, ' +
      'elements, env-vars, formats, keep-formats, delete-after-upload, dib-cmd, conversion, qcow2-compression, release, ' +
      'rebuild-age, build-timeout, pause, paused, username, python-path, shell-type, metadata, validate',
  },
  NP_CONFIG_UNKNOWN_DRIVER: {
    main: 'providers:\n  - name: one\n    driver: openstak\n',
    finds:
      'nodepool.yaml:3:13: error: providers[0].driver: there is no driver "openstak" (did you mean "openstack"?). ' +
      'Remedy: use one of the drivers tiny',
  },
  NP_CONFIG_DRIVER_UNAVAILABLE: {
    main: 'providers:\n  - name: one\n',
    finds:
      'nodepool.yaml:2:5: warning: providers[0].driver: the driver "openstack" is not available in this release: its own ' +
      'keys were not checked, and the provider is not started. Remedy: use another launcher for this provider, or one of ' +
      'the drivers tiny',
  },
  NP_CONFIG_FAKE_NAME: {
    main: 'providers:\n  - name: fake-one\n    driver: tiny\n',
    finds:
      'nodepool.yaml:2:11: warning: providers[0].name: the provider has the driver "tiny"; the original Nodepool would ' +
      'force "fake", because of its name. Remedy: say "driver: fake" if that is meant, or choose another name',
  },
  NP_CONFIG_DUPLICATE_NAME: {
    main: 'labels:\n  - name: a\n  - name: a\n',
    finds:
      'nodepool.yaml:3:11: error: labels[1].name: the label "a" is in this list already, as entry 1. ' +
      'Remedy: rename or remove one of the two',
  },
  NP_CONFIG_UNDEFINED_GATE_LABEL: {
    main:
      'labels: [{name: small}]\n' +
      'diskimages:\n  - name: debian\n    validate:\n      label: smal\n' +
      'providers:\n  - name: one\n    driver: tiny\n    diskimages: [{name: debian}]\n    pools:\n' +
      '      - name: p\n        labels: [{name: small, diskimage: debian, flavor-name: f}]\n',
    finds:
      'nodepool.yaml:5:14: error: diskimages[0].validate.label: the provider "one" has no pool with the label "smal" ' +
      '(did you mean "small"?), so no upload of "debian" could pass. Remedy: name a label of the provider, or give its ' +
      'entry in diskimages a "validate" of its own',
  },
  NP_CONFIG_UNDEFINED_LABEL: {
    main: 'labels: [{name: small}]\nproviders: [{name: one, pools: [{name: p, labels: [{name: smal, cloud-image: c}]}]}]\n',
    finds:
      'nodepool.yaml:2:59: error: providers[0].pools[0].labels[0].name: the label "smal" is not in the top-level labels ' +
      '(did you mean "small"?). Remedy: add "- name: smal" to the top-level labels, or correct the name',
  },
  NP_CONFIG_UNDEFINED_DISKIMAGE: {
    main: 'providers:\n  - name: one\n    diskimages:\n      - name: debian\n',
    finds:
      'nodepool.yaml:4:15: error: providers[0].diskimages[0].name: there is no diskimage "debian" at the top level. ' +
      'Remedy: add "- name: debian" to the top-level diskimages, or correct the name',
  },
  NP_CONFIG_UNDEFINED_CLOUD_IMAGE: {
    main: 'labels: [{name: a}]\nproviders: [{name: one, pools: [{name: p, labels: [{name: a, cloud-image: c}]}]}]\n',
    finds:
      'nodepool.yaml:2:75: error: providers[0].pools[0].labels[0].cloud-image: the provider "one" has no cloud image "c". ' +
      'Remedy: add "- name: c" to the cloud-images of the provider, or correct the name',
  },
  NP_CONFIG_UNDEFINED_PARENT: {
    main: 'diskimages:\n  - {name: base}\n  - {name: b, parent: bsae}\n',
    finds:
      'nodepool.yaml:3:23: error: diskimages[1].parent: there is no diskimage "bsae" to be the parent (did you mean ' +
      '"base"?). Remedy: correct the name, or define that diskimage (with "abstract: true" when it is only a parent)',
  },
  NP_CONFIG_PARENT_CYCLE: {
    main: 'diskimages:\n  - {name: a, parent: b}\n  - {name: b, parent: a}\n',
    finds:
      'nodepool.yaml:2:23: error: diskimages[0].parent: the parents form a cycle: a -> b -> a. ' +
      'Remedy: remove "parent" from one of these diskimages',
  },
  NP_CONFIG_ABSTRACT_DISKIMAGE: {
    main: 'diskimages: [{name: base, abstract: true}]\nproviders: [{name: one, diskimages: [{name: base}]}]\n',
    finds:
      'nodepool.yaml:2:45: error: providers[0].diskimages[0].name: the diskimage "base" is abstract, so there is never a ' +
      'build of it to upload. Remedy: name a diskimage that has it as its parent, or remove "abstract: true"',
  },
  NP_CONFIG_LABEL_IMAGE: {
    main: 'labels: [{name: a}]\nproviders: [{name: one, pools: [{name: p, labels: [{name: a}]}]}]\n',
    finds:
      'nodepool.yaml:2:52: error: providers[0].pools[0].labels[0]: the label "a" names no image. ' +
      'Remedy: give the label either diskimage or cloud-image',
  },
  NP_CONFIG_PAUSED_PARENT: {
    main: 'diskimages:\n  - {name: a, abstract: true, pause: true}\n  - {name: b, parent: a, pause: false}\n',
    finds:
      'nodepool.yaml:3:33: warning: diskimages[1].pause: the image stays paused, because its parent "a" is. ' +
      'Remedy: remove the pause from "a", or this "pause: false"',
  },
  NP_CONFIG_ZOOKEEPER_MISSING: {
    main: '',
    missingZooKeeper: 'error',
    finds:
      'nodepool.yaml:1:1: error: zookeeper-servers: no ZooKeeper server is configured, neither here nor in the secure ' +
      'file. Remedy: add zookeeper-servers with at least one "- host: NAME"',
  },
  NP_CONFIG_ZOOKEEPER_TLS: {
    main: 'zookeeper-servers: [{host: zk}]\nzookeeper-tls: {cert: c}\n',
    finds:
      'nodepool.yaml:2:1: error: zookeeper-tls: zookeeper-tls lacks key and ca. ' +
      'Remedy: give the paths of all three PEM files (cert, key, ca), or remove zookeeper-tls',
  },
  NP_CONFIG_ZOOKEEPER_PLAIN: {
    main: 'zookeeper-servers: [{host: localhost}, {host: zk1}]\n',
    finds:
      'nodepool.yaml:1:1: warning: zookeeper-servers: the connection to zk1 is not encrypted. ' +
      'Remedy: add zookeeper-tls with cert, key and ca',
  },
  NP_CONFIG_CHROOT: {
    main: 'zookeeper-servers:\n  - {host: localhost, chroot: /a}\n  - {host: 127.0.0.1, chroot: /b}\n',
    finds:
      'nodepool.yaml:3:31: error: zookeeper-servers[1].chroot: the chroot differs from that of the first server, which ' +
      'has "/a". Remedy: give every server the same chroot, such as /nodepool-test, or none',
  },
  NP_CONFIG_OBSOLETE_KEY: {
    main: 'diskimages:\n  - name: a\n    formats: [raw]\n    paused: true\n',
    finds:
      'nodepool.yaml:4:5: warning: diskimages[0].paused: paused is another spelling of pause. ' +
      'Remedy: write "pause: true" alone',
  },
  NP_CONFIG_STOPPED: {
    main: 'providers: [{name: one, driver: tiny, max-concurrency: 0}]\n',
    finds:
      'nodepool.yaml:1:56: warning: providers[0].max-concurrency: with 0 the provider handles no requests at all. ' +
      'Remedy: write -1 for no limit, or leave it at 0 to stop the provider',
  },
  NP_CONFIG_UNUSED: {
    main: 'labels: [{name: a}]\n',
    finds:
      'nodepool.yaml:1:17: warning: labels[0].name: no pool of this file offers the label "a". ' +
      'Remedy: offer it in a pool, or remove it unless another launcher serves it',
  },
  NP_CONFIG_UNSERVED_STOCK: {
    main: 'labels: [{name: a, min-ready: 2}]\n',
    unknownKeys: 'error',
    finds:
      'nodepool.yaml:1:17: error: labels[0].name: min-ready asks for 2 nodes of the label "a", and no pool of this file ' +
      'offers it. Remedy: offer it in a pool, or set min-ready to 0 and leave the stock to the launcher that serves it',
  },
  NP_CONFIG_SHARED_CLOUD: {
    main: 'providers:\n  - {name: one, cloud: c}\n  - {name: two, cloud: c}\n',
    finds:
      'nodepool.yaml:3:24: warning: providers[1].cloud: the provider "one" uses the same cloud and region, and floating ' +
      'IPs or ports are cleaned up there. Remedy: set "clean-floating-ips: false" and "port-cleanup-interval: 0" in both, ' +
      'or merge them into one provider with two pools',
  },
  NP_CONFIG_NUMBER_AS_TEXT: {
    main: 'diskimages: [{name: a, formats: [raw], release: 22.10}]\n',
    finds:
      'nodepool.yaml:1:49: warning: diskimages[0].release: the release is read as the number 22.1, and a zero at its end ' +
      'is lost. Remedy: put the release in quotes',
  },
};

describe('findings', () => {
  const table = (Object.keys(findingCodes) as FindingCode[]).map((code) => ({ code, ...cases[code] }));

  it.each(table)('$code names place, reason and remedy', async ({ code, finds, ...files }) => {
    const own = (await checkConfig(inMemory({ missingZooKeeper: 'allow', ...files }))).filter(
      (finding) => finding.code === code,
    );
    const lines = await findingsOf({ missingZooKeeper: 'allow', ...files });

    expect(own).toHaveLength(1);
    expect(lines).toContain(finds);
  });
});
