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
  wait_for 60 MariaDB sql -e 'SELECT 1'
}

# epmd is started here: Erlang would start one on all addresses and leave it behind.
start_rabbitmq() {
  spawn epmd epmd -address 127.0.0.1 -port "$PORT_EPMD"
  wait_for 10 epmd port_open "$PORT_EPMD"
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

make_keystone() {
  local manage=(run_once keystone-manage keystone.cmd.manage:main --config-file "$DIR/etc/keystone/keystone.conf")
  local owner=(--keystone-user "$(id -un)" --keystone-group "$(id -gn)") url=http://127.0.0.1:$PORT_KEYSTONE/v3
  "${manage[@]}" db_sync &&
    "${manage[@]}" fernet_setup "${owner[@]}" &&
    "${manage[@]}" credential_setup "${owner[@]}" &&
    "${manage[@]}" bootstrap --bootstrap-password "$PASSWORD" --bootstrap-region-id RegionOne \
      --bootstrap-public-url "$url" --bootstrap-internal-url "$url" --bootstrap-admin-url "$url"
}

make_nova() {
  local manage=(run_once nova-manage nova.cmd.manage:main --config-file "$DIR/etc/nova/nova.conf")
  local cell0="mysql+pymysql://os:$PASSWORD@localhost/nova_cell0?unix_socket=$DIR/run/mysqld.sock&charset=utf8"
  "${manage[@]}" api_db sync &&
    "${manage[@]}" cell_v2 map_cell0 --database_connection "$cell0" &&
    "${manage[@]}" cell_v2 create_cell --name cell1 &&
    "${manage[@]}" db sync
}

make_users() {
  local name
  for name in keystone glance placement nova_api nova nova_cell0 neutron; do
    echo "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8mb3;"
  done
  echo "CREATE OR REPLACE USER os@localhost IDENTIFIED BY '$PASSWORD'; GRANT ALL ON *.* TO os@localhost;"
}

make_other_databases() {
  run_once neutron-db-manage neutron.db.migration.cli:main --config-file "$DIR/etc/neutron/neutron.conf" \
    upgrade heads &&
    run_once glance-manage glance.cmd.manage:main --config-file "$DIR/etc/glance/glance-api.conf" db_sync &&
    run_once placement-manage placement.cmd.manage:main --config-file "$DIR/etc/placement/placement.conf" db sync
}
