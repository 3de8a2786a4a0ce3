#!/bin/sh
# Stands in for disk-image-create: makes the files that it is asked for, as small as can be. Told what to do by
# FAKE_DIB: "fail" exits with 1, "hang" starts processes and waits, "no-image" and "no-checksum" leave a file out.
set -eu
formats=
base=
while [ $# -gt 0 ]; do
  case $1 in
    -t) formats=$2; shift ;;
    -o) base=$2; shift ;;
    --qemu-img-options) shift ;;
  esac
  shift
done
echo "building $base"
echo "as $formats" >&2
for format in $(echo "$formats" | tr , ' '); do
  [ "${FAKE_DIB:-}" = no-image ] || echo "$DIB_IMAGE_NAME $format" > "$base.$format"
  [ "${FAKE_DIB:-}" = no-image ] || [ "${FAKE_DIB:-}" = no-checksum ] || md5sum "$base.$format" > "$base.$format.md5"
  [ "${FAKE_DIB:-}" = no-image ] || sha256sum "$base.$format" > "$base.$format.sha256"
done
mkdir "$base.d"
case ${FAKE_DIB:-} in
  fail) exit 1 ;;
  hang)
    # One child that refuses SIGTERM, one that leaves the session, and one that also forgot its parent.
    (trap '' TERM; sleep 600) &
    setsid sleep 601 &
    (setsid sh -c 'sleep 602 & sleep 603' &)
    echo "hanging"
    wait
    ;;
esac
