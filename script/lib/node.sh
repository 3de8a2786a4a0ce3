# Sourced by the other scripts: puts a suitable Node.js first on PATH.

private_node=$PWD/.tools/node/node_modules/node/bin

use_private_node() {
  export PATH="$private_node:$PATH"
}

# True when `node` on PATH, or the private one, is at least 22.12, as package.json asks.
suitable_node() {
  if [ -x "$private_node/node" ]; then
    use_private_node
    return 0
  fi
  command -v node >/dev/null && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 22 || (major === 22 && minor >= 12) ? 0 : 1);'
}

require_bootstrap() {
  if ! suitable_node || [ ! -d node_modules ]; then
    echo "$(basename "$0"): run script/bootstrap first" >&2
    exit 1
  fi
}
