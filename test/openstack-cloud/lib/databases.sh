# shellcheck shell=bash disable=SC2034,SC2154 # the names are shared with script/testcloud
# Sourced by script/testcloud. MariaDB, RabbitMQ, and the databases of the services.

# shellcheck disable=SC2120 # it also reads standard input
sql() { mariadb --no-defaults -u root -S "$DIR/run/mysqld.sock" "$@"; }

start_mariadb() {
  if [ ! -d "$DIR/mysql/mysql" ]; then
    mariadb-install-db --no-defaults --datadir="$DIR/mysql" --user="$(id -un)" \
      --auth-root-authentication-method=normal --skip-test-db >"$DIR/log/init-mysql.log" 2>&1 ||
      die "mariadb-install-db failed; see $DIR/log/init-mysql.log"
  fi
  # Nothing here has to survive the loss of power.
  spawn mysqld mariadbd --no-defaults --user="$(id -un)" --datadir="$DIR/mysql" \
    --socket="$DIR/run/mysqld.sock" --pid-file="$DIR/run/mysqld.own" \
    --skip-networking --skip-log-bin --skip-name-resolve \
    --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-flush-method=nosync \
    --innodb-buffer-pool-size=128M --innodb-log-file-size=64M --max-connections=400 \
    --performance-schema=OFF --character-set-server=utf8mb3
  wait_for 120 MariaDB sql -e 'SELECT 1'
}

# epmd is started here: Erlang would start one on all addresses and leave it behind.
start_rabbitmq() {
  spawn epmd epmd -address 127.0.0.1 -port "$PORT_EPMD"
  wait_for 60 epmd port_open "$PORT_EPMD"
  spawn rabbitmq HOME="$DIR/rabbitmq" RABBITMQ_NODENAME="testcloud$TESTCLOUD_PORT_BASE@localhost" \
    RABBITMQ_CONFIG_FILE="$DIR/etc/rabbitmq.conf" RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_MNESIA_BASE="$DIR/rabbitmq/mnesia" RABBITMQ_LOG_BASE="$DIR/log" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$DIR/etc/rabbitmq_plugins" \
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$PORT_RABBITMQ" RABBITMQ_DIST_PORT="$PORT_ERLANG" \
    ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$PORT_EPMD" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none" \
    /usr/lib/rabbitmq/bin/rabbitmq-server
}

run_once() { # NAME MODULE:FUNCTION [ARGS...]: an administration program, logged
  local name=$1
  "${clean_env[@]}" /usr/bin/python3 "$cloud/tools/launch.py" "$@" >>"$DIR/log/init-$name.log" 2>&1
}

make_users() {
  local name
  for name in keystone glance placement nova_api nova nova_cell0 neutron; do
    echo "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8mb3;"
  done
  echo "CREATE OR REPLACE USER os@localhost IDENTIFIED BY '$PASSWORD'; GRANT ALL ON *.* TO os@localhost;"
}

migrate_keystone() {
  run_once keystone-manage keystone.cmd.manage:main --config-file "$DIR/etc/keystone/keystone.conf" db_sync
}

# A cell is where the configuration says: what is kept of it must serve other clouds.
migrate_nova() {
  local config=(--config-file "$DIR/etc/nova/nova.conf")
  local database='{scheme}://{username}:{password}@{hostname}'
  run_once nova-manage nova.cmd.manage:main "${config[@]}" api_db sync \
    -- "${config[@]}" cell_v2 map_cell0 --database_connection "$database/nova_cell0?{query}" \
    -- "${config[@]}" cell_v2 create_cell --name cell1 --database_connection "$database/{path}?{query}" \
    --transport-url '{scheme}://{username}:{password}@{hostname}:{port}/{path}' \
    -- "${config[@]}" db sync
}

migrate_others() {
  run_once neutron-db-manage neutron.db.migration.cli:main --config-file "$DIR/etc/neutron/neutron.conf" \
    upgrade heads &&
    run_once glance-manage glance.cmd.manage:main --config-file "$DIR/etc/glance/glance-api.conf" db_sync &&
    run_once placement-manage placement.cmd.manage:main --config-file "$DIR/etc/placement/placement.conf" db sync
}

# Migrations take most of a first start and always come to the same: for the same packages, and the same way of making
# them, what they leave is kept for other clouds of this user. Nothing of this cloud is in it but the hash of a password.
kept_databases() { # prints where
  local key package
  key=$({
    for package in mariadb-server-core python3-{keystone,glance,placement,nova,neutron,alembic,sqlalchemy}; do
      dpkg-query -W -f '${Package} ${Version}\n' "$package" || exit 1
    done
    cat "$cloud/lib/databases.sh" "$cloud/tools/launch.py"
  } | sha256sum | cut -c1-16)
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/nodepool/openstack-databases/$key"
}

keep_databases() { # FOLDER
  local work
  mkdir -p "$(dirname "$1")"
  work=$(mktemp -d "$1.XXXXXX")
  halt mysqld 30
  # Another cloud may have been quicker; without a copy the next first start takes as long as this one.
  if ! { cp -a --sparse=always "$DIR/mysql" "$work/mysql" && mv -T "$work" "$1" 2>/dev/null; }; then rm -rf "$work"; fi
  start_mariadb
}

migrate_databases() {
  local pids=() pid
  say "making databases"
  migrate_keystone & pids+=($!)
  migrate_nova & pids+=($!)
  migrate_others & pids+=($!)
  for pid in "${pids[@]}"; do wait "$pid" || die "the databases could not be made; see $DIR/log/init-*.log"; done
}

make_databases() {
  local kept restored=
  kept=$(kept_databases)
  if [ ! -e "$DIR/run/databases" ]; then
    # What a first start has left that was interrupted.
    halt mysqld 30
    rm -rf "$DIR/mysql"
    mkdir "$DIR/mysql"
  fi
  if [ ! -d "$DIR/mysql/mysql" ] && [ -d "$kept/mysql" ]; then
    cp -a --sparse=always "$kept/mysql/." "$DIR/mysql" || die "the databases of $kept could not be copied"
    restored=yes
  fi
  start_mariadb
  [ ! -e "$DIR/run/databases" ] || return 0
  make_users | sql || die "cannot create the databases"
  if [ -z "$restored" ]; then
    migrate_databases
    keep_databases "$kept"
  fi
  touch "$DIR/run/databases"
}

# Keys, the first account, and Keystone's own part of the catalogue.
bootstrap_keystone() {
  local config=(--config-file "$DIR/etc/keystone/keystone.conf") url=http://127.0.0.1:$PORT_KEYSTONE/v3
  local owner=(--keystone-user "$(id -un)" --keystone-group "$(id -gn)")
  run_once keystone-manage keystone.cmd.manage:main "${config[@]}" fernet_setup "${owner[@]}" \
    -- "${config[@]}" credential_setup "${owner[@]}" \
    -- "${config[@]}" bootstrap --bootstrap-password "$PASSWORD" --bootstrap-region-id RegionOne \
    --bootstrap-public-url "$url" --bootstrap-internal-url "$url" --bootstrap-admin-url "$url"
}
