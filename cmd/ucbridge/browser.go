package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// openBrowser starts the user's browser at a link that was built here, and does
// not wait for it. BROWSER names another program than the system's, with
// arguments if need be, as it does for the Databricks CLI; "none" opens nothing.
// No shell sees the link.
func openBrowser(link string) (opened bool, err error) {
	if err := checkLink(link); err != nil {
		return false, err
	}
	argv := browserCommand(runtime.GOOS, os.Getenv("BROWSER"))
	if argv == nil {
		return false, nil
	}
	cmd := exec.Command(argv[0], append(argv[1:], link)...)
	if err := cmd.Start(); err != nil {
		return false, err
	}
	go func() { _ = cmd.Wait() }() // some end at once, some with the browser's last window
	return true, nil
}

// browserCommand is what opens links on a system; nil is nothing.
func browserCommand(goos, browser string) []string {
	words := strings.Fields(browser)
	switch {
	case browser == "none":
		return nil
	case len(words) > 0:
		return words
	case goos == "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	case goos == "darwin":
		return []string{"open"}
	default:
		return []string{"xdg-open"}
	}
}

// checkLink refuses what is not a page of a workspace: programs that open links
// open files and other schemes as well.
func checkLink(link string) error {
	u, err := url.Parse(link)
	if err != nil {
		return errors.New("not a link")
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback) {
		return fmt.Errorf("link with scheme %q is not opened", u.Scheme)
	}
	return nil
}
