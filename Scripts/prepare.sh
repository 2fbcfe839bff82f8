#!/bin/sh
# Makes sure that what a build needs is there: Swift, git, and ncurses and SQLite with their headers.
# Where apt-get is, missing packages are installed; elsewhere one line says what to do.
# Usage: Scripts/prepare.sh
set -eu

swift_minimum=6.1

fail() {
  printf 'gar-explorer: %s\n' "$1" >&2
  exit 1
}

# The lower of two versions, compared number by number.
lower() {
  printf '%s\n%s\n' "$1" "$2" | sort -t . -k 1,1n -k 2,2n | head -n 1
}

check_swift() {
  remedy="install Swift $swift_minimum or newer: https://www.swift.org/install"
  command -v swift >/dev/null 2>&1 || fail "Swift is not on the PATH; $remedy"
  found=$(swift --version 2>/dev/null |
    sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)
  [ -n "$found" ] || fail "\`swift --version\` tells no version; $remedy"
  [ "$(lower "$swift_minimum" "$found")" = "$swift_minimum" ] ||
    fail "Swift $found is too old; $remedy"
}

has_git() { command -v git >/dev/null 2>&1; }

# Whether a program on a library compiles and links: the question the build will ask. The program is
# the first argument, the library the second.
links() {
  compiler=$(dirname "$(command -v swift)")/clang
  [ -x "$compiler" ] || compiler=clang
  printf '%b' "$1" >"$work/probe.c"
  "$compiler" -o "$work/probe" "$work/probe.c" "-l$2" 2>"$work/probe.log"
}

# The wide-character library.
has_ncurses() {
  links '#include <curses.h>\n#include <term.h>\nint main(void) { return endwin(); }\n' ncursesw
}

has_sqlite() {
  links '#include <sqlite3.h>\nint main(void) { return sqlite3_libversion_number() < 0; }\n' sqlite3
}

# Names on one line what is missing, and nothing when all is there.
missing() {
  names=
  has_git || names=git
  has_ncurses || names="${names:+$names and }the headers and library of ncurses"
  has_sqlite || names="${names:+$names and }the headers and library of SQLite"
  printf '%s' "$names"
}

# apt-get as root, quietly. Without a terminal nobody could give sudo a password.
apt() {
  set -- env DEBIAN_FRONTEND=noninteractive apt-get -y "$@"
  if [ "$(id -u)" != 0 ]; then
    if [ -t 0 ]; then set -- sudo "$@"; else set -- sudo -n "$@"; fi
  fi
  "$@" >>"$work/apt.log" 2>&1
}

# Since Debian 10 and Ubuntu 20.04 libncurses-dev holds the wide library; libncursesw5-dev did before.
ncurses_package() {
  if apt-cache show libncurses-dev >/dev/null 2>&1; then
    echo libncurses-dev
  else
    echo libncursesw5-dev
  fi
}

# A fresh system has no package lists yet, hence the update where the first try fails.
install_packages() {
  set -- git "$(ncurses_package)" libsqlite3-dev
  apt install --no-install-recommends "$@" ||
    { apt update && apt install --no-install-recommends "$@"; }
}

# Why apt-get failed: mostly for want of a network, else in its own words.
apt_reason() {
  if grep -q -E 'Temporary failure|Could not (resolve|connect)|Unable to connect' "$work/apt.log"; then
    echo "no package server can be reached"
  else
    grep -m 1 -E '^(E:|Err:|sudo:)' "$work/apt.log" || echo "no reason given"
  fi
}

hint() {
  if [ "$(uname)" = Darwin ]; then
    echo "brew install ncurses sqlite"
  elif command -v dnf >/dev/null 2>&1; then
    echo "dnf install git ncurses-devel sqlite-devel"
  elif command -v pacman >/dev/null 2>&1; then
    echo "pacman -S git ncurses sqlite"
  elif command -v zypper >/dev/null 2>&1; then
    echo "zypper install git ncurses-devel sqlite3-devel"
  else
    echo "apt-get install git libncurses-dev libsqlite3-dev"
  fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
check_swift
lacking=$(missing)
[ -n "$lacking" ] || exit 0

command -v apt-get >/dev/null 2>&1 || fail "$lacking missing; install with: $(hint)"
[ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1 ||
  fail "$lacking missing, and no sudo to install them; as root: $(hint)"
printf 'gar-explorer: installing %s with apt-get\n' "$lacking" >&2
install_packages ||
  fail "apt-get cannot install them: $(apt_reason); by hand, as root: $(hint)"
lacking=$(missing)
[ -z "$lacking" ] ||
  fail "$lacking still missing ($(grep -m 1 -i error "$work/probe.log")); see: $(hint)"
