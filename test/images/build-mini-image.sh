#!/bin/bash
# Builds the image that tests boot, unless it is there already: test/images/build-mini-image.sh [OUT]
# OUT (default ${XDG_CACHE_HOME:-~/.cache}/nodepool/test-images/mini) gets the extensions .qcow2 and .raw.
# Built anew when the element, the stand-ins or the packages have changed. Prints OUT.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=$(realpath -m "${1:-${XDG_CACHE_HOME:-$HOME/.cache}/nodepool/test-images/mini}")
mkdir -p "$(dirname "$out")"
exec 9>"$out.lock"
flock 9

packages=$(script/fetch-image-packages)
inputs=$({
  find examples/elements/nodepool-mini examples/dib-stand-ins -type f ! -name '*.md' -exec sha256sum {} + | sort
  cat "$packages/packages"
} | sha256sum)
if [ -s "$out.qcow2" ] && [ -s "$out.raw" ] && [ "$(cat "$out.inputs" 2>/dev/null)" = "$inputs" ]; then
  echo "$out"
  exit 0
fi

rm -f "$out".{inputs,qcow2,raw}*
export PATH ELEMENTS_PATH NODEPOOL_MINI_PACKAGES SKIP_BASE DIB_IMAGE_SIZE DIB_JOURNAL_SIZE DIB_RELEASE
PATH="$(script/dib-environment)$PATH"
ELEMENTS_PATH=$PWD/examples/elements
NODEPOOL_MINI_PACKAGES=$packages
SKIP_BASE=1
DIB_IMAGE_SIZE=0.125
DIB_JOURNAL_SIZE=4
DIB_RELEASE=
if ! disk-image-create -x -t qcow2,raw --checksum --no-tmpfs --qemu-img-options compat=0.10 -o "$out" \
  nodepool-mini block-device-mbr >"$out.log" 2>&1; then
  tail -n 30 "$out.log" >&2
  echo "build-mini-image: the build failed; the whole output is in $out.log" >&2
  exit 1
fi
echo "$inputs" >"$out.inputs"
echo "$out"
