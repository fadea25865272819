#!/bin/sh
# Make .venv with nothing but a Python 3.11 or newer on the machine: no sudo, no system package.
# Answers (prints) the uv that installs into it.
set -eu

python=${PYTHON:-python3}
target=.venv

if command -v uv >/dev/null 2>&1; then
  [ -x "$target/bin/python" ] || uv venv --quiet --python "$python" "$target" >&2
  command -v uv
  exit 0
fi

if [ ! -x "$target/bin/python" ]; then
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "kanvoy needs Python 3.11 or newer; set PYTHON=/path/to/python" >&2; exit 1; }
  # Debian ships python3 without ensurepip: then the system's pip fills the venv.
  "$python" -m venv "$target" >/dev/null 2>&1 || "$python" -m venv --clear --without-pip "$target"
fi

if [ ! -x "$target/bin/uv" ]; then
  if "$target/bin/python" -c 'import pip' 2>/dev/null; then
    set -- "$target/bin/python" -m pip
  else
    set -- "$python" -m pip --python "$target/bin/python"
  fi
  "$@" install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock >&2
fi
echo "$target/bin/uv"
