package main

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
)

// expected holds a file for each thing that can be in the way, each with the
// failures to expect for that reason. Lines with # in front are the reason of the
// lines that follow: suite, leg, scenario and, unless any of its checks may fail,
// one check by its id or its name.
//
//go:embed expected/*.txt
var expected embed.FS

// inTheWay says, for each file, which routes have that in the way.
var inTheWay = []struct {
	file   string
	routes []string
}{
	{"upstream.txt", routes},
	{"bridge.txt", routes[1:]},
	{"modern-server.txt", []string{"proxy", "external-function", beside}},
	{"stdio.txt", []string{"proxy", "external-function", beside}},
	{"external-function.txt", []string{"external-function", atGateway + "external-function"}},
	{"serve-external-function.txt", []string{atGateway + "external-function"}},
}

// expectation is a failure to expect.
type expectation struct {
	at                          string // file:line
	routes                      []string
	suite, leg, scenario, check string // any check where that is empty
	reason                      string
}

// concerns tells whether the failure is expected in a run.
func (e expectation) concerns(r run) bool {
	return e.suite == r.suite.name && e.leg == r.leg && slices.Contains(e.routes, r.route)
}

// covers tells whether the failure of a check is the one expected. What is in the
// way directly too does not excuse what passes directly.
func (e expectation) covers(c checkName, directly, got outcome) bool {
	if slices.Contains(e.routes, direct) && got.passed < directly.passed {
		return false
	}
	return e.scenario == c.scenario && (e.check == "" || e.check == c.id || e.check == c.name)
}

// loadExpectations reads all files of expected.
func loadExpectations() ([]expectation, error) {
	var all []expectation
	for _, in := range inTheWay {
		file, err := expected.Open("expected/" + in.file)
		if err != nil {
			return nil, fmt.Errorf("reading the expected failures: %w", err)
		}
		read, err := readExpectations(in.file, file, in.routes)
		if err != nil {
			return nil, fmt.Errorf("reading the expected failures: %w", err)
		}
		all = append(all, read...)
	}
	return all, nil
}

func readExpectations(name string, r io.Reader, routes []string) ([]expectation, error) {
	var all []expectation
	var reason []string
	entries := false // since the reason began
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSpace(scanner.Text())
		if text, ok := strings.CutPrefix(line, "#"); ok {
			if entries {
				reason, entries = nil, false
			}
			reason = append(reason, strings.TrimSpace(text))
			continue
		}
		if line == "" {
			reason, entries = nil, false
			continue
		}
		e := expectation{at: fmt.Sprintf("%s:%d", name, n), routes: routes, reason: strings.Join(reason, " ")}
		fields := strings.Fields(line)
		switch {
		case e.reason == "":
			return nil, fmt.Errorf("%s: no reason is given", e.at)
		case len(fields) == 4:
			e.check = fields[3]
			fallthrough
		case len(fields) == 3:
			e.suite, e.leg, e.scenario = fields[0], fields[1], fields[2]
		default:
			return nil, fmt.Errorf("%s: want suite, leg, scenario and perhaps a check", e.at)
		}
		entries = true
		all = append(all, e)
	}
	return all, scanner.Err()
}
