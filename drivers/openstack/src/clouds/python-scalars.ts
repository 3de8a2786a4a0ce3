import type { ScalarTag, Tags } from 'yaml';

// PyYAML takes fewer texts for numbers and truth values than YAML 1.1 has: `n`, `089` and `12e4` are texts to it. A
// password or a project id may well look like that. Source: PyYAML, yaml/resolver.py.

const replaced = new Set(['bool', 'int', 'float', 'timestamp'].map((name) => `tag:yaml.org,2002:${name}`));

const truth: ScalarTag = {
  identify: (value) => typeof value === 'boolean',
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:yes|true|on)$/i.test(text),
};

const integer: ScalarTag = {
  default: true,
  tag: 'tag:yaml.org,2002:int',
  test: /^[-+]?(?:0b[01_]+|0[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*(?::[0-5]?[0-9])*)$/,
  resolve: (text) => {
    const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
    const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : baseSixty(digits.split(':'));
    return text.startsWith('-') && value !== 0n ? `-${value}` : `${value}`;
  },
};

const decimal: ScalarTag = {
  default: true,
  tag: 'tag:yaml.org,2002:float',
  test: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/,
  resolve: (text) => {
    const value = Number(text.replaceAll('_', ''));
    return Number.isInteger(value) ? `${value}.0` : String(value);
  },
};

/** The scalars of YAML 1.1 as PyYAML knows them; numbers become their text, as Python prints it. */
export function pythonScalars(tags: Tags): Tags {
  const kept = tags.filter((tag) => typeof tag === 'string' || !replaced.has(tag.tag));
  return [...kept, truth, integer, decimal];
}

function baseSixty(parts: readonly string[]): bigint {
  return parts.reduce((value, part) => value * 60n + BigInt(part), 0n);
}
