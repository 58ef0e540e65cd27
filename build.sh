#!/bin/sh
# build.ps1 on a machine that has only the .NET SDK 10: brings PowerShell where there is none, and passes on all words.
# ./build.sh Demo; ./build.sh Clean,Test; ./build.sh Test -Configuration Debug; ./build.sh -? tells of the others.
set -u
cd "$(dirname "$0")" || exit 1
export DOTNET_NOLOGO=1

# PowerShell 7.4 or later.
is_new_enough() {
    found=$(pwsh --version 2>/dev/null) || return 1
    found=${found#PowerShell }
    major=${found%%.*}
    minor=${found#*.}
    minor=${minor%%.*}
    case $major$minor in '' | *[!0-9]*) return 1 ;; esac
    [ "$major" -gt 7 ] || { [ "$major" -eq 7 ] && [ "$minor" -ge 4 ]; }
}

if is_new_enough; then
    exec pwsh -NoProfile -File ./build.ps1 "$@"
fi
if ! command -v dotnet >/dev/null 2>&1; then
    echo "dotnet is missing: install the .NET SDK 10 from https://dot.net/download, then try again." >&2
    exit 1
fi
# It says on every run that all is there, which is news only where it is not.
if ! said=$(dotnet tool restore 2>&1); then
    echo "$said" >&2
    echo "PowerShell could not be brought: that takes the .NET SDK 10 and a NuGet feed. Or install PowerShell 7.4 or later." >&2
    exit 1
fi
exec dotnet tool run pwsh -NoProfile -File ./build.ps1 "$@"
