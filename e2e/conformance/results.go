package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// checkName identifies a check of a suite. Some are made several times.
type checkName struct {
	scenario, id, name string
}

// outcome is how often a check passed and did not, and why not.
type outcome struct {
	passed, failed int
	why            string
}

// results are the outcomes of a run.
type results map[checkName]outcome

// signIn is how scenarios begin that test how a client signs in with the server.
// A client of the bridge does not: the bridge signs in with Databricks. They are
// left out of all results.
const signIn = "auth/"

// stamp is what a suite adds to a scenario's name for the name of its directory.
var stamp = regexp.MustCompile(`-\d{4}-\d\d-\d\dT[\d-]+Z$`)

// readResults reads what a suite wrote into dir: checks.json for each scenario, in
// a directory named after it.
func readResults(dir string) (results, error) {
	all := make(results)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "checks.json" {
			return err
		}
		relative, err := filepath.Rel(dir, filepath.Dir(path))
		if err != nil {
			return err
		}
		scenario := stamp.ReplaceAllString(filepath.ToSlash(relative), "")
		scenario = strings.TrimPrefix(scenario, "server-")
		if strings.HasPrefix(scenario, signIn) {
			return nil
		}
		return all.read(scenario, path)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the results: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("reading the results: there are none in %s", dir)
	}
	return all, nil
}

// read adds the checks of a scenario. What our client said besides is a failed
// check of its own, since it says something only where it gives up.
func (all results) read(scenario, path string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var checks []struct {
		ID, Name, Status, ErrorMessage, Description string
	}
	if err := json.Unmarshal(raw, &checks); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, c := range checks {
		why := c.ErrorMessage
		if why == "" {
			why = c.Description
		}
		all.add(checkName{scenario, c.ID, c.Name}, c.Status, why)
	}
	if said, err := os.ReadFile(filepath.Join(filepath.Dir(path), "stdout.txt")); err == nil && len(said) > 0 {
		all.add(checkName{scenario, "client", "Client"}, "FAILURE", strings.TrimSpace(string(said)))
	}
	return nil
}

// add counts a check. Checks with another status than these two are remarks.
func (all results) add(name checkName, status, why string) {
	o := all[name]
	switch status {
	case "SUCCESS":
		o.passed++
	case "FAILURE":
		o.failed++
		o.why = why
	default:
		if o.why == "" {
			o.why = strings.ToLower(status) + ": " + why
		}
	}
	all[name] = o
}
