#!/bin/sh
# Prints the manual page, made from the program's own help so that the two cannot disagree.
# Usage: Scripts/manual.sh PROGRAM
set -eu

program=$1
COLUMNS=1000 # help then puts every paragraph and option on one line
export COLUMNS

# The commands that a help text lists: "  explore (default)   Explore …".
listed() { sed -n '/^SUBCOMMANDS:/,$s/^  \([a-z][a-z]*\) .*/\1/p'; }
commands=$("$program" --help | listed)

# Turns one help text into roff. Paragraphs stay, indented lines are examples, words in capitals
# with a colon are headings, and "  --option <value>   what it does" becomes a tagged paragraph.
to_roff() {
  awk '
    function plain(text) {
      gsub(/\\/, "\\e", text)
      gsub(/-/, "\\-", text)
      return text ~ /^[.\047]/ ? "\\&" text : text
    }
    function verbatim(on) {
      if (on != inExample) print on ? ".nf" : ".fi"
      inExample = on
    }
    /^SUBCOMMANDS:/ { exit }
    /^  See .*help <subcommand>/ { exit }
    /^OVERVIEW: / { print plain(substr($0, 11)); next }
    /^USAGE: / { verbatim(0); print ".PP\n.B " plain(substr($0, 8)); next }
    /^[A-Z][A-Z ]*:$/ { verbatim(0); inOptions = 1; print ".PP\n" plain($0); next }
    /^$/ { verbatim(0); if (!inOptions) print ".PP"; next }
    inOptions && /^  [^ ]/ {
      tag = substr($0, 3); text = ""
      if (match(tag, /  +|> [A-Z]/)) {
        text = substr(tag, RSTART + 1); sub(/^ */, "", text); tag = substr(tag, 1, RSTART)
      }
      print ".TP\n.B " plain(tag)
      if (text != "") print plain(text)
      next
    }
    inOptions { sub(/^ */, ""); print plain($0); next }
    /^  / { verbatim(1); print plain($0); next }
    { verbatim(0); print plain($0) }
    END { verbatim(0) }'
}

summary=$("$program" --help | sed -n 's/^OVERVIEW: //p')
printf '.TH GAR 1 "" "gar %s"\n' "$("$program" --version)"
printf '.SH NAME\ngar \\- %s\n' "$summary"
printf '.SH SYNOPSIS\n.B gar\n[command] [options]\n.SH DESCRIPTION\n'
"$program" --help | sed 1,2d | to_roff
printf '.SH COMMANDS\n'
for command in $commands; do
  printf '.SS gar %s\n' "$command"
  "$program" help "$command" | to_roff
  for part in $("$program" help "$command" | listed); do
    printf '.SS gar %s %s\n' "$command" "$part"
    "$program" help "$command" "$part" | to_roff
  done
done
