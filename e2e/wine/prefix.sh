#!/bin/sh
# Makes what Windows tests need on Debian, in the directory $1: a Wine prefix, and
# "run", which runs a Windows program in it. Wine and the compiler are installed
# where this may be done.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
echo "module wine // so that ./... does not look in here" >"$dir/go.mod"

if ! command -v wine || ! command -v x86_64-w64-mingw32-gcc; then
	for pause in 5 30 0; do # what is fetched from elsewhere is asked for three times
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=300 \
			--no-install-recommends wine wine64 gcc-mingw-w64-x86-64-win32 && break
		sleep $pause
	done
	command -v wine
	command -v x86_64-w64-mingw32-gcc
fi >&2

export WINEPREFIX="$dir/prefix" WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=
if ! test -d "$WINEPREFIX"; then
	wine wineboot --init >&2
fi
x86_64-w64-mingw32-gcc -shared -O2 -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$here/prng.c" -ladvapi32

# patch NAME EXPRESSION changes a file of Go's own by sed, and says where the copy is.
replaced=
patch() {
	file="$(go env GOROOT)/src/$1" copy="$dir/$(basename "$1").txt"
	sed "$2" "$file" >"$copy"
	cmp -s "$file" "$copy" && { echo "this Go's $1 is not as expected" >&2; exit 1; }
	replaced="$replaced${replaced:+, }\"$file\": \"$copy\""
}
# Wine 8 does not know the way in which Go removes files below a directory since
# Windows 10. Go has another for older systems; it is for Go's own tests to choose.
patch internal/syscall/windows/at_windows.go 's/^var TestDeleteatFallback bool$/var TestDeleteatFallback = true/'
# About one process in a thousand that Wine 8 starts, with a dozen at once, ends before it
# has begun: ERROR_INTERNAL_ERROR.
patch syscall/exec_windows.go 's/^\(\t*err = CreateProcess(.*\)$/\1; for i := 0; i < 5 \&\& err == Errno(1359); i++ { \1 }/'
printf '{"Replace": {%s}}\n' "$replaced" >"$dir/overlay.json"

cat >"$dir/run" <<END
#!/bin/sh
export WINEPREFIX="$WINEPREFIX" WINEDEBUG=-all
exec wine "\$@"
END
chmod +x "$dir/run"

# Wine's own services, and the desktop that new consoles need, end with the last program
# and begin with the next, whose output they hold open: go test would wait for them. A
# program that stays for an hour keeps them up.
(sleep 3600 | "$dir/run" cmd.exe) >/dev/null 2>&1 </dev/null &
"$dir/run" explorer.exe /desktop >/dev/null 2>&1 </dev/null &
