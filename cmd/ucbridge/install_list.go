package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
)

// listedClient is a client in the JSON of "ucbridge install --list".
type listedClient struct {
	Client    string         `json:"client"`
	Title     string         `json:"title"`
	Installed bool           `json:"installed"`
	File      string         `json:"file"`
	Exists    bool           `json:"exists"`
	Error     string         `json:"error,omitempty"`
	Servers   []listedServer `json:"servers"` // those that start ucbridge
}

// listedServer leaves the environment out: a user may keep a secret there.
type listedServer struct {
	Name    string   `json:"name"`
	Command string   `json:"command"`
	Args    []string `json:"args"`
	Missing bool     `json:"missing"` // the program it starts
}

// showClients prints every client, whether it is installed, and which of its
// servers start ucbridge: first those that are here.
func (i *install) showClients(args []string) error {
	if len(args) > 0 || i.all {
		return usageError{error: errors.New("--list shows every client: name none")}
	}
	system, err := here()
	if err != nil {
		return err
	}
	clients := []listedClient{}
	for _, c := range aiclient.Clients {
		state := c.Look(system, i.scope())
		if state.File == "" {
			continue
		}
		listed := listedClient{c.Name, c.Title, state.Installed, state.File, state.Exists, "", []listedServer{}}
		if state.Err != nil {
			listed.Error = state.Err.Error()
		}
		for _, e := range state.Ours() {
			_, err := e.Program()
			listed.Servers = append(listed.Servers, listedServer{e.Name, e.Command, e.Args, err != nil})
		}
		clients = append(clients, listed)
	}
	here := func(c listedClient) bool { return c.Installed || len(c.Servers) > 0 }
	slices.SortStableFunc(clients, func(a, b listedClient) int {
		switch {
		case here(a) == here(b):
			return 0
		case here(a):
			return -1
		}
		return 1
	})
	return i.printClients(clients)
}

func (i *install) printClients(clients []listedClient) error {
	switch i.output {
	case "json":
		encoder := json.NewEncoder(i.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(clients)
	case "text":
	default:
		return badOutput(i.output)
	}
	table := tabwriter.NewWriter(i.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "CLIENT\tFOUND\tSERVERS\tFILE\n")
	for _, c := range clients {
		installed, servers := "no", "-"
		if c.Installed {
			installed = "yes"
		}
		var names []string
		for _, s := range c.Servers {
			if s.Missing {
				s.Name += " (its program is gone)"
			}
			names = append(names, terminal.Line(s.Name))
		}
		if len(names) > 0 {
			servers = strings.Join(names, ", ")
		}
		if c.Error != "" {
			servers = "unreadable"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Client, installed, servers, c.File)
	}
	return table.Flush()
}
