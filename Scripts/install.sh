#!/bin/sh
# Installs the built program with its assets, shell completions and manual page.
# Usage: Scripts/install.sh PROGRAM ROOT, where ROOT is $DESTDIR$PREFIX
set -eu

program=$1
root=$2
share=$root/share

mkdir -p "$root/bin" "$share/gar-explorer" "$share/man/man1" \
  "$share/bash-completion/completions" "$share/zsh/site-functions" \
  "$share/fish/vendor_completions.d"
install -m 755 "$program" "$root/bin/gar"
cp -R Assets/model Assets/gar "$share/gar-explorer/"
chmod -R u+rwX,go+rX "$share/gar-explorer"

"$program" --generate-completion-script bash >"$share/bash-completion/completions/gar"
"$program" --generate-completion-script zsh >"$share/zsh/site-functions/_gar"
"$program" --generate-completion-script fish >"$share/fish/vendor_completions.d/gar.fish"
Scripts/manual.sh "$program" >"$share/man/man1/gar.1"

# Swift's libraries, so that the program also runs where the toolchain is gone or absent. macOS has
# them in the system.
if [ "$(uname)" = Linux ]; then
  mkdir -p "$root/lib/gar-explorer"
  ldd "$program" | sed -n 's/.* => \(.*\/lib\/swift\/linux\/[^ ]*\) .*/\1/p' |
    while read -r library; do install -m 644 "$library" "$root/lib/gar-explorer/"; done
fi
echo "installed $root/bin/gar"
