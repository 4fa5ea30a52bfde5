package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/regularfile"
	"ucbridge/bridge/shell"
	"ucbridge/cmd/internal/aiclient"
)

// serveOn leaves the demo's workspace up until it is interrupted, which is the
// ordinary end. It says how an AI client gets there, or puts the workspace into the
// clients of --install and takes it out at the end.
func (d demo) serveOn(ctx context.Context, host string) (err error) {
	profile, err := demoProfile()
	if err != nil {
		return err
	}
	if err := writeDemoProfile(profile, host); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, os.Remove(profile))
		_ = os.Remove(filepath.Dir(profile)) // unless somebody has put something there
	}()
	program, err := thisProgram()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	server := aiclient.Server{Command: program, Args: []string{"stdio", "--connection", demoConnection}, Env: map[string]string{"DATABRICKS_CONFIG_FILE": profile}}
	if d.route != "auto" {
		server.Args = append(server.Args, "--route", d.route)
	}
	if len(d.clients) > 0 {
		remove, err := d.installInto(server)
		defer remove()
		if err != nil {
			return err
		}
		d.printf("\nThis workspace is up, and in these clients, until you press Ctrl-C.\n")
	} else {
		d.sayHow(server, profile, host)
	}
	<-ctx.Done()
	if len(d.clients) == 0 {
		d.sayWhoHasIt(profile)
	}
	return nil
}

// sayHow prints the quick start for the workspace, as it is to be typed.
func (d demo) sayHow(server aiclient.Server, profile, host string) {
	install := []string{"install", "claude-code", demoConnection}
	if d.route != "auto" {
		install = append(install, "--route", d.route)
	}
	d.printf("\nThis workspace is up until you press Ctrl-C. In another terminal, say where it is:\n  %s\n",
		shell.Export(runtime.GOOS, "DATABRICKS_CONFIG_FILE", profile))
	d.printf("Then, in that terminal, the quick start:\n%s%s%s", typed(server.Command, "connections"),
		typed(server.Command, install...), typed(server.Command, "doctor", demoConnection))
	d.printf("To sign in to the connection that each user has a login of their own for:\n%s", typed(server.Command, "login", demoPerUser))
	d.printf("To remove it from Claude Code again:\n%s", typed(server.Command, "uninstall", "claude-code"))
	d.printf("To have it added and removed for you, run: ucbridge demo --install claude-code\n")
	d.printf("\nFor a client that ucbridge install --list does not know:\n%s", clientJSON(demoConnection, server))
	d.printf("\nTo sign in with a browser, as to your own workspace, in a terminal without that variable and with the Databricks CLI:\n%s",
		typed(server.Command, "login", "--host", host, "--profile", "DEFAULT"))
}

// typed is a line with a command of this program, by its name alone where the PATH
// leads to it.
func typed(program string, args ...string) string {
	const name = "ucbridge"
	if found, err := exec.LookPath(name); err == nil && found == program {
		program = name
	}
	return "  " + shell.Command(runtime.GOOS, append([]string{program}, args...)...) + "\n"
}

// installInto puts the workspace into the clients of --install. remove takes it out
// again, also after an error.
func (d demo) installInto(server aiclient.Server) (remove func(), err error) {
	var files []func()
	remove = func() {
		for _, undo := range files {
			undo()
		}
	}
	system, err := here()
	if err != nil {
		return remove, err
	}
	for _, name := range d.clients {
		client, _ := aiclient.Find(name) // run has refused what there is not
		file := client.File(system, aiclient.User)
		done := aiclient.Turn()
		change, err := client.Install(file, demoName, server)
		if err == nil {
			err = change.Write()
		}
		done()
		if err != nil {
			return remove, err
		}
		d.printf("%s: added %s to %s\n  next: %s\n", client.Title, demoName, file.Path, client.Next)
		files = append(files, func() {
			defer aiclient.Turn()()
			change, err := client.Uninstall(file, demoName)
			if err == nil {
				err = change.Write()
			}
			if err != nil {
				printLine(d.err, "error", err.Error())
				return
			}
			d.printf("%s: removed %s from %s\n", client.Title, demoName, file.Path)
		})
	}
	return remove, nil
}

// demoName is the server's name in the clients of --install: no other's.
const demoName = "ucbridge-demo"

// sayWhoHasIt names the clients that still start the demo.
func (d demo) sayWhoHasIt(profile string) {
	system, err := here()
	if err != nil {
		return
	}
	for _, c := range aiclient.Clients {
		for _, e := range c.Look(system, aiclient.User).Ours() {
			if e.Env["DATABRICKS_CONFIG_FILE"] == profile {
				d.printf("%s still has %s, which works again with the next ucbridge demo --serve; to take it out:\n  ucbridge uninstall %s --name %s\n", c.Title, e.Name, c.Name, e.Name)
			}
		}
	}
}

// demoProfile is where the profile for the workspace goes. It is at one place for each
// user, so that what was installed once works with the next demo, too. The error is a
// usageError where another demo is up by it.
func demoProfile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("finding a place for the profile: %w", err)
	}
	profile := filepath.Join(dir, "ucbridge", "demo", "databrickscfg")
	if other := demoRunning(profile); other != "" {
		return "", usageError{fmt.Errorf("another demo is up at %s", other),
			[]string{"end it with Ctrl-C in its terminal, or use it: " + shell.Export(runtime.GOOS, "DATABRICKS_CONFIG_FILE", profile)}}
	}
	return profile, nil
}

// writeDemoProfile writes a Databricks profile for the workspace, which only its owner
// may read.
func writeDemoProfile(profile, host string) error {
	content := fmt.Sprintf("[DEFAULT]\nhost      = %s\ntoken     = %s\nauth_type = pat\n", host, demoToken)
	if err := atomicfile.Write(profile, []byte(content)); err != nil {
		return fmt.Errorf("writing the profile: %w", err)
	}
	return nil
}

// demoRunning is the address of another demo that is up by that profile; "" where
// there is none, or where it ended without taking its profile away.
func demoRunning(profile string) string {
	content, err := regularfile.Read(profile, 1<<10)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(line, "=")
		if strings.TrimSpace(name) != "host" {
			continue
		}
		host, err := url.Parse(strings.TrimSpace(value))
		if err != nil {
			return ""
		}
		if conn, err := net.DialTimeout("tcp", host.Host, time.Second); err == nil {
			conn.Close()
			return host.String()
		}
	}
	return ""
}
