#!/bin/sh
# Installs what is missing, and only that: deploy/setup.sh python | run | test | bench
#   python  .venv with the packages of requirements.lock
#   run     and RabbitMQ, unless RYKKER_AMQP_URL is set or a Docker engine answers
#   test    and RabbitMQ, PostgreSQL and Chromium, unless RYKKER_TEST_AMQP_URL or RYKKER_TEST_POSTGRES_URL are set
#   bench   and RabbitMQ, PostgreSQL and Postfix's smtp-sink; no mail server is set up or started
set -eu

purpose=${1:-python}
cd "$(dirname "$0")/.."
log=$PWD/.run/setup.log
stamp=.venv/.installed

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# logged WHAT_TO_DO COMMAND…: its output goes to the log, of which the end is shown if it fails
logged() {
    hint=$1
    shift
    printf '\n$ %s\n' "$*" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null && return
    tail -n 5 "$log" | cut -c 1-300 >&2
    fail "That failed; the whole log is in .run/setup.log. $hint"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo ${sudo_quiet-} "$@"; fi
}

# need_root PACKAGES: ends with one line where packages can't be installed
need_root() {
    command -v apt-get >/dev/null || fail "Missing: $1. Install it; this script knows only Debian's and Ubuntu's apt."
    [ "$(id -u)" -eq 0 ] && return
    command -v sudo >/dev/null || fail "Missing: $1. Install it as root: apt-get install $1"
    [ -t 0 ] || sudo_quiet=-n
    sudo ${sudo_quiet-} true 2>>"$log" || fail "Missing: $1. Install it: sudo apt-get install $1"
}

update_lists() {
    [ -z "${updated-}" ] || return 0
    say "Fetching the distribution's lists of packages …"
    logged "Is the network there?" as_root env DEBIAN_FRONTEND=noninteractive apt-get update
    updated=yes
}

policy=/usr/sbin/policy-rc.d
mark='# made by deploy/setup.sh of Rykkerportalen for the time of an installation'
cluster=/etc/postgresql-common/createcluster.d/rykkerportalen.conf

# No service is to start because of us. What this puts into /etc and /usr is gone when the script ends.
stay_quiet() {
    if ! [ -e $policy ]; then
        printf '#!/bin/sh\n%s\nexit 101\n' "$mark" | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
    fi
    [ -d /etc/postgresql-common ] || made_common=yes
    [ -d ${cluster%/*} ] || made_folder=yes
    as_root mkdir -p ${cluster%/*}
    echo 'create_main_cluster = false' | as_root tee $cluster >/dev/null
}

be_as_before() {
    if grep -qsF "$mark" $policy; then as_root rm -f $policy; fi
    if [ -e $cluster ]; then as_root rm -f $cluster; fi
    if [ -n "${made_folder-}" ]; then as_root rmdir ${cluster%/*} 2>/dev/null || :; fi
    if [ -n "${made_common-}" ]; then as_root rmdir /etc/postgresql-common 2>/dev/null || :; fi
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# install WORDS PACKAGE…
install() {
    words=$1
    shift
    need_root "$*"
    update_lists
    had_erlang=yes
    is_installed erlang-base || had_erlang=
    say "Installing $words …"
    trap be_as_before EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    stay_quiet
    logged "Try it by hand: apt-get install $*" \
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --no-remove "$@"
    be_as_before
    trap - EXIT INT TERM HUP
    case " $* " in *rabbitmq*) not_at_boot rabbitmq-server.service; [ "$had_erlang" ] || not_at_boot epmd.service epmd.socket ;; esac
    case " $* " in *postgresql*) not_at_boot postgresql.service ;; esac
    case " $* " in *postfix*) not_at_boot postfix.service ;; esac
}

# Only for services that came just now: their packages ask to be started with the machine.
not_at_boot() {
    if command -v systemctl >/dev/null; then as_root systemctl disable --now "$@" >>"$log" 2>&1 || :; fi
}

fits() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v $python >/dev/null && fits $python; then return 0; fi
    done
    return 1
}

install_python() {
    need_root "python3 python3-venv"
    update_lists
    for version in 3 3.13 3.12 3.11; do
        apt-cache show "python$version-venv" >/dev/null 2>&1 || continue
        if [ $version = 3 ] && apt-cache policy python3 | grep -q 'Candidate: 3\.\([0-9]\|10\)\.'; then continue; fi
        install "Python from the distribution's packages (about 15 s)" "python$version" "python$version-venv"
        find_python && return
    done
    fail "Python 3.11 or newer is needed, and this distribution has none: install it, then try again."
}

wanted() { { cat requirements.lock pyproject.toml; pwd; } | sha256sum; }

venv() {
    if [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null; then
        [ "$(cat $stamp 2>/dev/null)" = "$(wanted)" ] && return
    else
        find_python || install_python
        say "Creating .venv with $($python --version) …"
        rm -rf .venv
        logged "Is there room on the disk?" $python -m venv .venv
    fi
    rm -f $stamp
    say "Installing the Python packages of requirements.lock (about 20 s) …"
    pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --no-deps"
    logged "Is the network there?" $pip --require-hashes -r requirements.lock
    logged "Is the network there?" $pip --no-build-isolation -e .
    wanted >$stamp
}

docker_answers() {
    [ -z "${no_docker-}" ] || return 1
    if [ "$(.venv/bin/python -c 'from deploy.servers import engine_answers; print(engine_answers())' 2>>"$log")" = True ]; then
        return 0
    fi
    no_docker=yes
    return 1
}

has_rabbitmq() { command -v epmd >/dev/null && [ -x /usr/lib/rabbitmq/bin/rabbitmq-server -o -x /opt/rabbitmq/sbin/rabbitmq-server ]; }

has_postgres() {
    command -v initdb >/dev/null || [ -n "$(find /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ]
}

has_chromium() {
    for browser in chromium chromium-browser google-chrome; do
        if command -v $browser >/dev/null; then return 0; fi
    done
    return 1
}

need_rabbitmq() {
    [ -n "$1" ] || has_rabbitmq || docker_answers ||
        install "RabbitMQ from the distribution's packages (about 40 s)" rabbitmq-server
}

need_postgres() {
    [ -n "$1" ] || has_postgres || docker_answers ||
        install "PostgreSQL from the distribution's packages (about 20 s)" postgresql
}

need_browser() {
    has_chromium || install "Chromium from the distribution's packages (about 30 s)" chromium
    [ -d /usr/share/fonts/truetype ] || install "fonts" fonts-liberation fonts-dejavu-core
}

need_smtp_sink() {
    PATH=$PATH:/usr/sbin command -v smtp-sink >/dev/null ||
        install "Postfix, for its smtp-sink, from the distribution's packages (about 10 s)" postfix
}

mkdir -p -m 700 .run 2>/dev/null || fail "$PWD can't be written to: run this as its owner."
: >>"$log" 2>/dev/null || fail "$log can't be written to: run this as its owner."
be_as_before # a run that was killed could not clean up

case $purpose in
    python) venv ;;
    run)
        venv
        need_rabbitmq "${RYKKER_AMQP_URL-}"
        ;;
    test)
        venv
        need_rabbitmq "${RYKKER_TEST_AMQP_URL-}"
        need_postgres "${RYKKER_TEST_POSTGRES_URL-}"
        need_browser
        ;;
    bench)
        venv
        no_docker=yes # a container's disk and network would be measured, too
        need_rabbitmq ""
        need_postgres ""
        need_smtp_sink
        ;;
    *) fail "usage: deploy/setup.sh python | run | test | bench" ;;
esac
