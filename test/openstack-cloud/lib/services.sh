# shellcheck shell=bash disable=SC2034,SC2154 # the names are shared with script/testcloud
# Sourced by script/testcloud. How each service is started; a service that runs already is left alone.

api() { # NAME PORT WORKERS NAME=VALUE...
  local name=$1 port=$2 workers=$3
  shift 3
  spawn "$name" "$@" uwsgi-core --ini "$DIR/etc/uwsgi.ini" --procname-prefix-spaced "$name" \
    --http-socket "127.0.0.1:$port" --wsgi-file "$cloud/wsgi/$name.wsgi" --processes "$workers" \
    --req-logger "file:$DIR/log/$name.access" --chdir "$DIR/home"
}

nova_service() { # NAME MODULE CONFIGURATION
  spawn "$1" /usr/bin/python3 "$cloud/tools/launch.py" "$1" "$2:main" --config-file "$DIR/etc/nova/$3"
}

start_service() { # NAME
  case $1 in
    mysqld) start_mariadb ;;
    epmd | rabbitmq) start_rabbitmq ;;
    keystone) api keystone "$PORT_KEYSTONE" "$TESTCLOUD_WORKERS" OS_KEYSTONE_CONFIG_DIR="$DIR/etc/keystone" ;;
    placement) api placement "$PORT_PLACEMENT" "$TESTCLOUD_WORKERS" OS_PLACEMENT_CONFIG_DIR="$DIR/etc/placement" ;;
    glance) api glance "$PORT_GLANCE" "$TESTCLOUD_WORKERS" OS_GLANCE_CONFIG_DIR="$DIR/etc/glance" ;;
    neutron) api neutron "$PORT_NEUTRON" "$TESTCLOUD_WORKERS" OS_NEUTRON_CONFIG_DIR="$DIR/etc/neutron" \
      OS_NEUTRON_CONFIG_FILES=neutron.conf ;;
    nova-api) api nova-api "$PORT_NOVA" "$TESTCLOUD_NOVA_WORKERS" OS_NOVA_CONFIG_DIR="$DIR/etc/nova" ;;
    nova-conductor) nova_service "$1" nova.cmd.conductor nova.conf ;;
    nova-scheduler) nova_service "$1" nova.cmd.scheduler nova.conf ;;
    compute-*) nova_service "$1" nova.cmd.compute "$1.conf" ;;
    sshd)
      # Debian's own service makes it; sshd insists on it when root starts it.
      [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
      spawn sshd /usr/bin/python3 "$cloud/tools/ssh_front.py" "$PORT_SSH" "$DIR/etc/sshd_config"
      ;;
    *) die "there is no service $1; these exist: ${services[*]}" ;;
  esac
}

service_ready() { # NAME: true when it answers
  case $1 in
    keystone) answers "$PORT_KEYSTONE" /v3 ;;
    placement) answers "$PORT_PLACEMENT" / ;;
    glance) answers "$PORT_GLANCE" /v2/images ;;
    neutron) answers "$PORT_NEUTRON" /v2.0/networks ;;
    nova-api) answers "$PORT_NOVA" /v2.1/ ;;
    rabbitmq) port_open "$PORT_RABBITMQ" ;;
    sshd) port_open "$PORT_SSH" ;;
    *) alive "$1" >/dev/null ;;
  esac
}

fill_cloud() { # PHASE
  "${clean_env[@]}" PASSWORD="$PASSWORD" PORT_KEYSTONE="$PORT_KEYSTONE" PORT_GLANCE="$PORT_GLANCE" \
    PORT_PLACEMENT="$PORT_PLACEMENT" PORT_NOVA="$PORT_NOVA" PORT_NEUTRON="$PORT_NEUTRON" PROJECTS="$PROJECTS" \
    COMPUTES="$COMPUTES" /usr/bin/python3 "$cloud/tools/fill_cloud.py" "$1" >>"$DIR/log/fill.log" 2>&1 ||
    die "filling the cloud with its $1 failed; see $DIR/log/fill.log"
}

computes_reported() {
  local wanted=${#computes[@]}
  [ "$(sql -N -e "SELECT COUNT(*) FROM nova.services WHERE \`binary\` = 'nova-compute' AND report_count > 0
      AND updated_at > UTC_TIMESTAMP() - INTERVAL 30 SECOND AND deleted = 0")" -ge "$wanted" ] &&
    [ "$(sql -N -e "SELECT COUNT(*) FROM nova.compute_nodes WHERE deleted = 0")" -ge "$wanted" ]
}

# Keystone with the services' users in it, beside which the others may start.
start_identity() {
  if [ ! -e "$DIR/run/identities" ]; then
    bootstrap_keystone || die "Keystone could not be set up; see $DIR/log/init-keystone-manage.log"
  fi
  start_service keystone
  wait_for 240 keystone service_ready keystone
  [ -e "$DIR/run/identities" ] || fill_cloud identities
  touch "$DIR/run/identities"
}

# Flavors and networks, zones once the computes are known.
fill_resources() {
  local made resources
  made=$(cat "$DIR/run/resources" 2>/dev/null)
  if [ "$made" != "$COMPUTES" ]; then fill_cloud resources & resources=$!; fi
  wait_for 240 nova-compute computes_reported
  [ "$made" != "$COMPUTES" ] || return 0
  run_once nova-manage nova.cmd.manage:main --config-file "$DIR/etc/nova/nova.conf" cell_v2 discover_hosts ||
    die "the computes could not be mapped; see $DIR/log/init-nova-manage.log"
  wait "$resources" || exit 1
  fill_cloud zones
  echo "$COMPUTES" >"$DIR/run/resources"
}

# Nova's services end when they cannot log in to Placement, and a compute that cannot reach it tries again only a minute
# later. So identity comes first, alone but for what it leaves of the processors: all others take long to load.
start_everything() {
  local name rabbitmq
  start_rabbitmq & rabbitmq=$!
  make_databases
  start_service placement
  start_identity
  wait "$rabbitmq" || exit 1
  wait_for 240 placement service_ready placement
  wait_for 240 RabbitMQ service_ready rabbitmq
  for name in "${services[@]}"; do start_service "$name"; done
  for name in nova-api neutron glance sshd; do wait_for 240 "$name" service_ready "$name"; done
  fill_resources
}

# By pid file, not by the list of services: the settings may have changed since.
stop_everything() {
  local file name pids=()
  for file in "$DIR"/run/*.pid; do
    name=$(basename "$file" .pid)
    case $name in
      mysqld | epmd | rabbitmq | '*') ;;
      *) halt "$name" & pids+=($!) ;;
    esac
  done
  wait "${pids[@]}"
  halt rabbitmq 20 & pids=($!)
  halt mysqld 30 & pids+=($!)
  wait "${pids[@]}"
  halt epmd
}
