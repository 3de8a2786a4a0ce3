# shellcheck shell=bash disable=SC2034,SC2154 # the names are shared with script/testcloud
# Sourced by script/testcloud. What can be chosen, in order of precedence: TESTCLOUD_* in the environment, what the
# directory was last started with, the default given here.

DIR=$(realpath -m "${TESTCLOUD_DIR:-/var/tmp/nodepool-openstack}")

setting() { # NAME DEFAULT: sets TESTCLOUD_<NAME>
  local name=TESTCLOUD_$1
  [ -z "${!name+set}" ] || { printf -v "$name" %s "${!name}"; return 0; }
  local saved
  saved=$(sed -n "s/^$name=//p" "$DIR/settings" 2>/dev/null)
  printf -v "$name" %s "${saved:-$2}"
}

names=(PORT_BASE HOSTS ZONES WORKERS NOVA_WORKERS QUOTA_INSTANCES QUOTA_CORES QUOTA_RAM PROJECTS PASSWORD)
setting PORT_BASE 28000        # keystone; the other ports follow it
setting HOSTS 1                # ordinary computes, zone az1: 1000 VCPUs and 800 GB each
setting ZONES broken=fake.FakeBuildAbortDriver # further computes, each ZONE=DRIVER in a zone of its own
setting WORKERS 1              # processes of each API
setting NOVA_WORKERS 2         # processes of Nova's API, which waits for the others
setting QUOTA_INSTANCES 500    # default quotas of a project
setting QUOTA_CORES 1000
setting QUOTA_RAM 4000000      # MiB
setting PROJECTS nodepool      # projects, each with a user of the same name
setting PASSWORD "pw-$(head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n')"

save_settings() {
  local name
  for name in "${names[@]/#/TESTCLOUD_}"; do echo "$name=${!name}"; done >"$DIR/settings"
  chmod 600 "$DIR/settings"
}

export PASSWORD=$TESTCLOUD_PASSWORD PROJECTS=$TESTCLOUD_PROJECTS
export PORT_KEYSTONE=$((TESTCLOUD_PORT_BASE + 0)) PORT_GLANCE=$((TESTCLOUD_PORT_BASE + 1))
export PORT_PLACEMENT=$((TESTCLOUD_PORT_BASE + 2)) PORT_NOVA=$((TESTCLOUD_PORT_BASE + 3))
export PORT_NEUTRON=$((TESTCLOUD_PORT_BASE + 4))
PORT_RABBITMQ=$((TESTCLOUD_PORT_BASE + 10))
PORT_ERLANG=$((TESTCLOUD_PORT_BASE + 11))
PORT_EPMD=$((TESTCLOUD_PORT_BASE + 12))
PORT_SSH=$((TESTCLOUD_PORT_BASE + 22))

# ZONE=HOST=DRIVER of each nova-compute.
computes=()
for ((n = 1; n <= TESTCLOUD_HOSTS; n++)); do computes+=("az1=testcloud$n=fake.FakeDriver"); done
for zone in $TESTCLOUD_ZONES; do computes+=("${zone%%=*}=$zone"); done
export COMPUTES="${computes[*]}"

services=(mysqld epmd rabbitmq keystone placement glance neutron nova-api nova-conductor nova-scheduler sshd)
for compute in "${computes[@]}"; do
  compute=${compute#*=}
  services+=("compute-${compute%%=*}")
done
