# A PostgreSQL of one's own on a free port of the loopback. To be sourced; the script that does has a function `fail`.
#
#   postgresql_start     sets `postgresql` to the start of its URLs (add the name of a database) and `postgresql_data` to its
#                        folder
#   postgresql_create    makes an empty database
#   postgresql_stop      stops it and removes what is left; safe to call at any time

postgresql_binaries() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

postgresql_start() {
  # Debian's package; its own cluster is neither made nor started.
  if [[ -z $(postgresql_binaries) ]]; then
    [[ $(id -u) -eq 0 ]] || fail "install the package postgresql, or run this as root"
    mkdir -p /etc/postgresql-common
    [[ -e /etc/postgresql-common/createcluster.conf ]] ||
      echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql; } \
      >/dev/null || fail "the package could not be installed"
  fi
  postgresql_bin=$(postgresql_binaries)
  [[ -x $postgresql_bin/initdb ]] || fail "there is no initdb in ${postgresql_bin:-/usr/lib/postgresql}"

  postgresql_data=$(mktemp -d)
  # The server refuses to run as root.
  postgresql_as=()
  if [[ $(id -u) -eq 0 ]]; then
    chown postgres "$postgresql_data"
    postgresql_as=(runuser -u postgres --)
  fi
  postgresql_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  (cd "$postgresql_data" && "${postgresql_as[@]}" "$postgresql_bin/initdb" -D "$postgresql_data/db" -A trust -U gaitkeeper >/dev/null)
  (cd "$postgresql_data" && "${postgresql_as[@]}" "$postgresql_bin/pg_ctl" -D "$postgresql_data/db" -w -l "$postgresql_data/log" \
    -o "-p $postgresql_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$postgresql_data" start >/dev/null) ||
    { cat "$postgresql_data/log" >&2; fail "the PostgreSQL server did not start"; }
  postgresql=postgres://gaitkeeper@127.0.0.1:$postgresql_port
}

postgresql_create() {
  (cd "$postgresql_data" && "${postgresql_as[@]}" "$postgresql_bin/createdb" -h 127.0.0.1 -p "$postgresql_port" -U gaitkeeper "$1")
}

postgresql_stop() {
  [[ -n ${postgresql_data-} ]] || return 0
  "${postgresql_as[@]}" "$postgresql_bin/pg_ctl" -D "$postgresql_data/db" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$postgresql_data"
}
