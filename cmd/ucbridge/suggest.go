package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/config"
)

// otherWords are what people type for a command or flag that has another name here.
var otherWords = map[string]string{
	"list": "connections", "ls": "connections", "status": "doctor", "check": "doctor", "config": "doctor", "add": "install", "setup": "install",
	"remove": "uninstall", "rm": "uninstall", "logs": "policy log", "audit": "policy log", "auth": "login", "run": "stdio", "start": "stdio",
	"policy edit": "policy init", "policy add": "policy init", "policy list": "policy show", "policy validate": "policy check", "policy lint": "policy check",
	"-v": "--version", "-V": "--version", "-c": "--connection",
	"--port": "--listen", "--token": "--token-file", "--client": "install CLIENT", "--json": "--output json",
	"--server": "--connection", "--servers": "--config", "--all-servers": "--config", "--config": "--servers",
}

// nearest returns the candidate that a word was most likely meant to be, "" where
// none is near: by one spelling error in three letters, or as the beginning of it.
func nearest(word string, candidates []string) string {
	best, least := "", len(word)/3+1
	for _, candidate := range candidates {
		d := distance(strings.ToLower(word), strings.ToLower(candidate))
		if len(word) >= 3 && strings.HasPrefix(strings.ToLower(candidate), strings.ToLower(word)) {
			d = min(d, 1)
		}
		if d < least || d == least && best == "" {
			best, least = candidate, d
		}
	}
	return best
}

// distance is Levenshtein's: how many bytes to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// didYouMean is a hint that begins with the nearest of some words, if there is one.
func didYouMean(word string, candidates []string, otherwise string) []string {
	if near := nearest(word, candidates); near != "" && near != word {
		return []string{"did you mean " + near + "?", otherwise}
	}
	return []string{otherwise}
}

// mistyped says of each variable of an environment, as NAME=VALUE, that is no setting of
// ucbridge but is spelled nearly as one, what was most likely meant. Other names that begin
// with UCBRIDGE_ may be somebody else's: Kubernetes makes some for a service of that name.
func mistyped(environ []string) []string {
	const prefix = "UCBRIDGE_"
	variables := config.Variables()
	var known []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		known = append(known, strings.TrimPrefix(name, prefix))
	}
	var all []string
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		upper := strings.ToUpper(name)
		short, ours := strings.CutPrefix(upper, prefix)
		isKnown := variables[upper] == name || runtime.GOOS == "windows" && variables[upper] == upper // where the case of letters does not count
		if !ours || isKnown || value == "" {
			continue
		}
		near := nearest(short, known)
		if near == "" || distance(short, near) > (len(short)+3)/4 { // one error in four letters
			continue
		}
		all = append(all, name+" is not a variable of ucbridge: did you mean "+variables[prefix+near]+"?")
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// warnOfMistyped logs which variables of the environment were most likely meant for
// ucbridge and are none of its own.
func warnOfMistyped(log *slog.Logger) {
	for _, text := range mistyped(os.Environ()) {
		log.Warn(text)
	}
}

// showMistyped is warnOfMistyped for a command that a person runs.
func showMistyped(w io.Writer) {
	for _, text := range mistyped(os.Environ()) {
		printLine(w, "warning", text)
	}
}

// unknownCommand is the refusal of a command that there is not, under root or another.
func unknownCommand(above *cobra.Command, name string) error {
	path := above.CommandPath()
	unknown := usageError{fmt.Errorf("unknown command %q", name), []string{"see: " + path + " --help"}}
	other := otherWords[strings.TrimPrefix(path+" "+name, "ucbridge ")]
	if other == "" {
		var names []string
		for _, c := range above.Commands() {
			names = append(names, c.Name())
		}
		if near := nearest(name, names); near != "" {
			other = strings.TrimPrefix(path+" "+near, "ucbridge ")
		}
	}
	if other != "" {
		unknown.hints = append([]string{"did you mean ucbridge " + other + "?"}, unknown.hints...)
	}
	return unknown
}

// unknownFlag are the hints for a flag that could not be read.
func unknownFlag(cmd *cobra.Command, err error) []string {
	see := "see: " + cmd.CommandPath() + " --help"
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: ")
	if !ok {
		shorthand, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "unknown shorthand flag: '"), "'")
		name = "-" + shorthand
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if other, ok := otherWords[name]; ok && (!strings.HasPrefix(other, "--") || slices.Contains(names, strings.Fields(other)[0][2:])) {
		return []string{"did you mean " + other + "?", see}
	}
	if !ok {
		return []string{see}
	}
	bare := strings.TrimPrefix(name, "--")
	if near := nearest(bare, names); near != "" {
		return []string{"did you mean --" + near + "?", see}
	}
	if cmd.Name() == "call" {
		return []string{"an argument of the tool is given as " + bare + "=VALUE", see}
	}
	return []string{see}
}

// unknownClient are the hints for a client that install does not know.
func unknownClient(name string) []string {
	var names []string
	for _, c := range aiclient.Clients {
		names = append(names, c.Name)
	}
	return didYouMean(name, names, "run: ucbridge install --list")
}

// suggestTimeout bounds the list in which a name is looked for.
const suggestTimeout = 3 * time.Second

// withNearest is err with the name that was most likely meant, where it says that there
// is no such connection or service.
func withNearest(ctx context.Context, cfg *config.Config, err error) error {
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok || !missesServer(refused) {
		return err
	}
	workspace, fault := workspaceFor(cfg, slog.New(slog.DiscardHandler))
	if fault != nil {
		return err
	}
	defer workspace.Close()
	ctx, cancel := context.WithTimeout(ctx, suggestTimeout)
	defer cancel()
	if hint := nearestServer(ctx, cfg, unitycatalog.New(workspace), refused); hint != "" {
		named := *refused
		return named.WithHint("%s", hint)
	}
	return err
}

func missesServer(refused *refusal.Error) bool {
	reason := refused.Data.Reason
	return reason == refusal.ConnectionNotFound || reason == refusal.ServiceNotFound
}

// nearestServer is a hint with the connection or service whose name is nearest to the
// one that there is not; "" where none is, or where there is another fault.
func nearestServer(ctx context.Context, cfg *config.Config, catalog *unitycatalog.Catalog, refused *refusal.Error) string {
	if cfg.Service.Given() {
		return nearestOf(ctx, catalog, unitycatalog.Service, cfg.Service.Value, refused)
	}
	return nearestOf(ctx, catalog, unitycatalog.Connection, cfg.Connection.Value, refused)
}

func nearestOf(ctx context.Context, catalog *unitycatalog.Catalog, kind unitycatalog.Kind, name string, refused *refusal.Error) string {
	if !missesServer(refused) {
		return ""
	}
	list := lister((*unitycatalog.Catalog).Connections)
	if kind == unitycatalog.Service {
		list = (*unitycatalog.Catalog).Services
	}
	servers, _ := list(catalog, ctx) // of some, too, one may be near
	var names []string
	for _, s := range servers {
		names = append(names, refusal.Quote(s.Name))
	}
	near := nearest(name, names)
	if near == "" {
		return ""
	}
	return "did you mean " + near + "?"
}
