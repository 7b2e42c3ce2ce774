#!/usr/bin/env bash
# The two system packages that pip cannot bring: libusb for open3d (needed), a software Vulkan for pictures (wished for).
# Installs them where it has the right to; otherwise prints the one command to type.
set -u
has() { ldconfig -p 2>/dev/null | grep -q "$1"; }

needed=""
wished=""
has libusb-1.0.so || needed="libusb-1.0-0"
if ! has libvulkan.so.1 || ! ls /usr/share/vulkan/icd.d/*.json >/dev/null 2>&1; then wished="libvulkan1 mesa-vulkan-drivers"; fi
[ -z "$needed$wished" ] && exit 0

command="apt-get update && apt-get install -y --no-install-recommends $needed $wished"
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing system libraries: $needed $wished"
  log=$(mktemp)
  if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $needed $wished; } >"$log" 2>&1; then
    rm -f "$log"
    exit 0
  fi
  tail -5 "$log" >&2
fi
if [ -n "$needed" ]; then
  echo "open3d needs the system library $needed, which is not here. Please run:  sudo sh -c '$command'" >&2
  exit 2
fi
echo "pictures need a software Vulkan driver (everything else works without). To get them:  sudo sh -c '$command'" >&2
