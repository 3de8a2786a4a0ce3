# shellcheck shell=bash disable=SC2034,SC2154 # the names are shared with script/testcloud
# Sourced by script/testcloud. Processes are known by pid and start time, so that a reused pid is never taken for ours;
# each leads a session of its own, and a signal goes to that session.

say() { echo "testcloud: $*"; }
die() { echo "testcloud: $*" >&2; exit 1; }

# Fields of /proc/PID/stat after the command's name: 1 is the state, 20 the start time.
stat_field() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f"$2"; }

alive() { # NAME: prints the pid when it runs
  local pid started state
  read -r pid started 2>/dev/null <"$DIR/run/$1.pid" || return 1
  [ -n "$started" ] && [ "$(stat_field "$pid" 20)" = "$started" ] || return 1
  state=$(stat_field "$pid" 1)
  [ -n "$state" ] && [ "$state" != Z ] || return 1
  echo "$pid"
}

# Followed by NAME=VALUE... COMMAND.... An array, because a function in the background would be a shell of its own.
clean_env=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "HOME=$DIR/home"
  "PYTHONPATH=$cloud/python" PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore)

spawn() { # NAME [NAME=VALUE...] COMMAND...: nothing when it runs already
  local name=$1 pid
  shift
  alive "$name" >/dev/null && return 0
  # The lock of script/testcloud must not outlive it.
  setsid "${clean_env[@]}" "$@" >>"$DIR/log/$name.log" 2>&1 </dev/null 9>&- &
  pid=$!
  echo "$pid $(stat_field "$pid" 20)" >"$DIR/run/$name.pid"
}

halt() { # NAME [SECONDS]: by force when it takes longer
  local pid tenths=$((${2:-15} * 10))
  if pid=$(alive "$1"); then
    kill -CONT -- "-$pid" 2>/dev/null
    kill -TERM "$pid"
    while [ "$tenths" -gt 0 ] && alive "$1" >/dev/null; do
      sleep 0.1
      tenths=$((tenths - 1))
    done
    if alive "$1" >/dev/null; then
      say "$1 ($pid) does not stop; killing its session"
      kill -KILL -- "-$pid"
      sleep 0.3
    fi
  fi
  rm -f "$DIR/run/$1.pid"
}

signal_session() { # SIGNAL NAME
  local pid
  pid=$(alive "$2") || die "$2 does not run"
  # Workers first when stopping, so that no master finds them silent and replaces them; it wakes last.
  pkill "-$1" -s "$pid" || die "$2 takes no signal"
}

wait_for() { # SECONDS WHAT COMMAND...
  local tries=$(($1 * 5)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || die "$what did not come up; see $DIR/log"
    sleep 0.2
  done
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

answers() { # PORT PATH
  case $(curl -s -o /dev/null -m 20 -w '%{http_code}' "http://127.0.0.1:$1$2") in
    200 | 300 | 401) return 0 ;;
    *) return 1 ;;
  esac
}

session_memory() { # PID: MiB, shared pages counted in proportion
  local kb=0 pid value
  for pid in $(ps -o pid= -s "$1"); do
    value=$(awk '/^Pss:/ {print $2}' "/proc/$pid/smaps_rollup" 2>/dev/null)
    kb=$((kb + ${value:-0}))
  done
  echo $((kb / 1024))
}
