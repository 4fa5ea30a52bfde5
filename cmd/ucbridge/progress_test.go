package main

import (
	"testing"

	"ucbridge/cmd/internal/remote"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]remote.Progress{
		"7":                               {Done: 7},
		"7 reading":                       {Done: 7, Message: "reading"},
		"[##########          ] 1.5/3":    {Done: 1.5, Total: 3},
		"[####################] 4/3 late": {Done: 4, Total: 3, Message: "late"},
		"[                    ] -1/3":     {Done: -1, Total: 3},
	} {
		if got := progressLine(p); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
}
