package main

import (
	"fmt"
	"strings"

	"ucbridge/cmd/internal/remote"
)

// barWidth is how many characters the bar of a call's progress has.
const barWidth = 20

// progressLine is how far a call is, in one line.
func progressLine(p remote.Progress) string {
	line := fmt.Sprintf("%g", p.Done)
	if p.Total > 0 {
		full := int(min(max(p.Done/p.Total, 0), 1) * barWidth)
		line = fmt.Sprintf("[%s%s] %g/%g", strings.Repeat("#", full), strings.Repeat(" ", barWidth-full), p.Done, p.Total)
	}
	if p.Message != "" {
		line += " " + p.Message
	}
	return line
}
