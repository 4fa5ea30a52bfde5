package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestCommandLines: what a client means is what arrives, by each way to write a command
// line: that of Node, Rust and Python with a program, and with cmd /c, which has signs of
// its own.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	_, ucbridge := self(t)
	shell, err := exec.LookPath("cmd")
	if err != nil {
		t.Fatal(err)
	}
	env := demoEnvironment(nil, workspace(t).URL(), t.TempDir())
	// What npm writes beside a program, in a folder whose name has a space and in one that
	// has none.
	folder, bin := filepath.Join(t.TempDir(), "a folder"), t.TempDir()
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	cmdFile, binFile := shim(t, folder, "ucbridge.cmd", ucbridge), shim(t, bin, "ucbridge.cmd", ucbridge)
	const rest = " --connection github"
	for name, tt := range map[string]struct{ line, want string }{
		"plain":                   {`"` + ucbridge + `" call echo text=a`, `a`},
		"spaces":                  {`"` + ucbridge + `" call echo "text=a b  c"`, `a b  c`},
		"quotes, Node and Rust":   {`"` + ucbridge + `" call echo "text=say \"hello\""`, `say "hello"`},
		"quotes, doubled":         {`"` + ucbridge + `" call echo "text=say ""hello"""`, `say "hello"`},
		"backslashes at the end":  {`"` + ucbridge + `" call echo "text=C:\a b\\"`, `C:\a b\`},
		"percent and caret":       {`"` + ucbridge + `" call echo "text=100%TEMP% ^x"`, `100%TEMP% ^x`},
		"cmd /c, spaces":          {`cmd /d /s /c ""` + ucbridge + `" call echo "text=a b"` + rest + `"`, `a b`},
		"cmd /c, caret in quotes": {`cmd /d /s /c ""` + ucbridge + `" call echo "text=a^b & c"` + rest + `"`, `a^b & c`},
		"cmd /c, no such %name%":  {`cmd /d /s /c ""` + ucbridge + `" call echo "text=50%%nosuch%%"` + rest + `"`, `50%%nosuch%%`},
		"cmd /c, plain":           {`cmd /c ` + ucbridge + ` call echo text=a --connection github`, `a`},
		"cmd /c, quoted program":  {`cmd /c "` + ucbridge + `" call echo text=a --connection github`, `a`},
		".cmd":                    {`"` + cmdFile + `" call echo "text=a b"` + rest, `a b`},
		"cmd /c .cmd":             {`cmd /d /s /c ""` + cmdFile + `" call echo "text=a b & c"` + rest + `"`, `a b & c`},
		"TypeScript SDK, .cmd":    {`cmd.exe /d /s /c "` + binFile + ` ^"call^" ^"echo^" ^"text=a^ b^ ^&^ ^^x^" ^"--connection^" ^"github^""`, `a b & ^x`},
		"TypeScript SDK, quotes":  {`cmd.exe /d /s /c "` + binFile + ` ^"call^" ^"echo^" ^"text=a^ \^"b\^"^" ^"--connection^" ^"github^""`, `a "b"`},
		"TypeScript SDK, .bin":    {`cmd.exe /d /s /c "` + binFile + ` ^^^"call^^^" ^^^"echo^^^" ^^^"text=a^^^ b^^^" ^^^"--connection^^^" ^^^"github^^^""`, `a b`},
		"Rust, .cmd":              {`cmd.exe /e:ON /v:OFF /d /c ""` + cmdFile + `" call echo "text=a b ^ & c" --connection github"`, `a b ^ & c`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := process(t, env)
			line := tt.line
			switch program, _, _ := strings.Cut(line, " "); {
			case strings.HasPrefix(program, "cmd"):
				cmd.Path = shell
			case strings.Contains(line, cmdFile):
				cmd.Path = cmdFile
			default:
				line += rest
			}
			cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: line}
			out, err := cmd.Output()
			if got := strings.TrimRight(string(out), "\r\n"); err != nil || got != tt.want {
				t.Errorf("%q, %v, want %q; %s", got, err, tt.want, cmd.Stderr)
			}
		})
	}
}
