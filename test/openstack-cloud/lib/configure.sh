# shellcheck shell=bash disable=SC2034,SC2154 # the names are shared with script/testcloud
# Sourced by script/testcloud. Writes every configuration file below $DIR/etc, anew at each start.

fill() { # replaces @NAME@ in standard input
  local name value expressions=()
  for name in DIR PASSWORD PORT_KEYSTONE PORT_GLANCE PORT_RABBITMQ; do
    expressions+=(-e "s#@$name@#${!name}#g")
  done
  for name in INSTANCES CORES RAM; do
    value=TESTCLOUD_QUOTA_$name
    expressions+=(-e "s#@QUOTA_$name@#${!value}#g")
  done
  sed -e "s#@DATABASE@#mysql+pymysql://os:$PASSWORD@localhost#g" "${expressions[@]}"
}

assemble() { # FILE PART...: a part is a file of conf/, or SECTION:USER for credentials
  local target=$DIR/etc/$1 part
  shift
  for part in "$@"; do
    case $part in
      *:*) sed -e "s#@SECTION@#${part%%:*}#" -e "s#@SERVICE_USER@#${part#*:}#" "$cloud/conf/credentials.conf" ;;
      *) cat "$cloud/conf/$part" ;;
    esac
  done | fill >"$target"
  chmod 600 "$target"
}

# The paste files belong to packages that would bring system services along: only these files are taken from them,
# in the versions of the installed code, and kept for other clouds of this user.
fetch_paste_files() {
  local project version wanted=() name='' work kept
  for project in nova neutron glance; do
    version=$(dpkg-query -W -f '${Version}' "python3-$project") || die "python3-$project is not installed"
    wanted+=("$project-common=$version")
    name+="${name:+_}$project-${version//[^A-Za-z0-9.]/-}"
  done
  kept=${XDG_CACHE_HOME:-$HOME/.cache}/nodepool/openstack-paste/$name
  if [ ! -d "$kept" ]; then
    mkdir -p "$(dirname "$kept")"
    work=$(mktemp -d "$kept.XXXXXX")
    (cd "$work" && apt-get -o APT::Sandbox::User=root download "${wanted[@]}" &&
      for project in *.deb; do dpkg-deb --fsys-tarfile "$project" | tar -x --wildcards '*api-paste.ini'; done &&
      rm -f -- *.deb) >"$DIR/log/paste.log" 2>&1 ||
      die "cannot fetch ${wanted[*]}; see $DIR/log/paste.log, and try apt-get update"
    # Another cloud may have been quicker.
    mv -T "$work" "$kept" 2>/dev/null || rm -rf "$work"
  fi
  cp "$kept/usr/share/nova-common/api-paste.ini" "$DIR/etc/nova/api-paste.ini"
  cp "$kept/usr/share/neutron-common/api-paste.ini" "$DIR/etc/neutron/api-paste.ini"
  cp "$kept/usr/share/glance-common/glance-api-paste.ini" "$DIR/etc/glance/glance-api-paste.ini"
}

write_clouds_yaml() {
  local user
  { echo 'clouds:'
    for user in admin $PROJECTS; do
      local name=testcloud-$user
      [ "$user" != "${PROJECTS%% *}" ] || name=testcloud
      cat <<YAML
  $name:
    region_name: RegionOne
    identity_api_version: 3
    auth: {auth_url: "http://127.0.0.1:$PORT_KEYSTONE/v3", username: $user, password: $PASSWORD,
           project_name: $user, user_domain_name: Default, project_domain_name: Default}
YAML
    done
  } >"$DIR/clouds.yaml"
  chmod 600 "$DIR/clouds.yaml"
}

write_ssh_keys() {
  local kind
  for kind in ed25519 ecdsa rsa; do
    [ -e "$DIR/ssh/ssh_host_${kind}_key" ] || ssh-keygen -q -t $kind -N '' -f "$DIR/ssh/ssh_host_${kind}_key"
  done
}

configure() {
  mkdir -p "$DIR"/{run,log,lock,home,ssh,mysql,rabbitmq,glance/{images,staging,tasks},nova/instances,neutron} \
    "$DIR"/etc/{keystone,glance,placement,nova,neutron}
  save_settings
  assemble keystone/keystone.conf common.conf keystone.conf
  assemble glance/glance-api.conf common.conf glance.conf keystone_authtoken:glance
  assemble placement/placement.conf common.conf placement.conf keystone_authtoken:placement
  assemble neutron/neutron.conf common.conf neutron.conf keystone_authtoken:neutron placement:placement
  assemble nova/nova-compute.conf common.conf nova.conf keystone_authtoken:nova placement:placement neutron:neutron
  assemble nova/nova.conf common.conf nova.conf nova-databases.conf keystone_authtoken:nova placement:placement \
    neutron:neutron
  local compute host
  for compute in "${computes[@]}"; do
    compute=${compute#*=}
    host=${compute%%=*}
    sed -e "s/^host = .*/host = $host/" -e "s/^compute_driver = .*/compute_driver = ${compute#*=}/" \
      "$DIR/etc/nova/nova-compute.conf" >"$DIR/etc/nova/compute-$host.conf"
    chmod 600 "$DIR/etc/nova/compute-$host.conf"
  done
  assemble rabbitmq.conf rabbitmq.conf
  assemble uwsgi.ini uwsgi.ini
  assemble sshd_config sshd_config
  echo '[].' >"$DIR/etc/rabbitmq_plugins"
  fetch_paste_files
  write_ssh_keys
  write_clouds_yaml
}
