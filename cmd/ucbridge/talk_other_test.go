//go:build !linux

package main

import "github.com/rogpeppe/go-internal/testscript"

func cmdTalk(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("there are no pseudo-terminals here: begin the script with [!linux] skip")
}
