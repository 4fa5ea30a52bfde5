package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ucbridge/bridge/loopbacktest"
)

// A box is a reverse proxy or load balancer of Debian, as it comes.
type box struct {
	name string // the program
	// configure returns the configuration file, and the command line that serves it.
	configure func(t *testing.T, b boxSite) (config string, command []string)
	// reload has it read its configuration again; nil where it cannot.
	reload func(t *testing.T, b boxSite)
	// limit is how long it lets an answer be silent, 0 for ever.
	limit time.Duration
	// cuts says that a reload cuts answers under way.
	cuts bool
}

// boxSite is where one box runs.
type boxSite struct {
	dir    string
	file   string // its configuration
	listen string // host and port
	to     string // likewise
	limit  time.Duration
	cmd    *exec.Cmd
}

func (b boxSite) port() string {
	_, port, _ := net.SplitHostPort(b.listen) // it is one
	return port
}

// snippet returns a file of dist/proxies, with the address of the server that stands
// behind this box, and more replacements.
func (b boxSite) snippet(t *testing.T, name string, more ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "dist", "proxies", name))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(more); i += 2 {
		if !strings.Contains(string(text), more[i]) {
			t.Fatalf("%s has no %q", name, more[i])
		}
	}
	return strings.NewReplacer(append(more, "127.0.0.1:8700", b.to)...).Replace(string(text))
}

// boxes are those that stand before servers. Each is given what dist/proxies has for
// it, and a limit.
var boxes = []box{
	{name: "nginx", limit: time.Minute, reload: signalBox(syscall.SIGHUP), configure: func(t *testing.T, b boxSite) (string, []string) {
		var temporary strings.Builder
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			fmt.Fprintf(&temporary, "%s_temp_path %s/%s; ", kind, b.dir, kind)
		}
		return fmt.Sprintf(`user root; daemon off; worker_processes 1; pid %s/nginx.pid; error_log stderr error;
events { worker_connections 1024; }
http { access_log off; %s proxy_read_timeout %ds; server { listen %s;
%s
} }`, b.dir, &temporary, seconds(b.limit), b.listen, b.snippet(t, "nginx.conf")), []string{"-c", b.file, "-p", b.dir, "-e", "stderr"}
	}},
	{name: "haproxy", limit: 50 * time.Second, reload: signalBox(syscall.SIGUSR2), configure: func(t *testing.T, b boxSite) (string, []string) {
		return fmt.Sprintf("defaults\n\tmode http\n\ttimeout connect 5s\n\ttimeout client %[1]ds\n\ttimeout server %[1]ds\n%[2]s", seconds(b.limit),
			b.snippet(t, "haproxy.cfg", "bind :443 ssl crt /etc/haproxy/mcp.example.com.pem", "bind "+b.listen, "X-Forwarded-Proto https", "X-Forwarded-Proto http")), []string{"-W", "-db", "-f", b.file}
	}},
	{name: "caddy", cuts: true, reload: reloadCaddy, configure: func(t *testing.T, b boxSite) (string, []string) {
		return fmt.Sprintf("{\n\tadmin unix/%s/admin\n\tauto_https off\n}\n%s", b.dir, b.snippet(t, "Caddyfile", "mcp.example.com", ":"+b.port())),
			[]string{"run", "--config", b.file, "--adapter", "caddyfile"}
	}},
	{name: "apache2", limit: time.Minute, cuts: true, reload: signalBox(syscall.SIGUSR1), configure: func(t *testing.T, b boxSite) (string, []string) {
		var modules strings.Builder
		for _, name := range []string{"mpm_event", "authz_core", "proxy", "proxy_http", "headers"} {
			fmt.Fprintf(&modules, "LoadModule %[1]s_module /usr/lib/apache2/modules/mod_%[1]s.so\n", name)
		}
		return fmt.Sprintf("ServerRoot %[1]s\nServerName localhost\nPidFile %[1]s/pid\nDefaultRuntimeDir %[1]s\nErrorLog /dev/stderr\nUser nobody\nGroup nogroup\n%[2]sListen %[3]s\nProxyTimeout %[4]d\n<VirtualHost *>\n%[5]s\n</VirtualHost>\n",
			b.dir, &modules, b.listen, seconds(b.limit), b.snippet(t, "apache.conf")), []string{"-D", "FOREGROUND", "-f", b.file}
	}},
	{name: "nghttpx", limit: time.Minute, reload: signalBox(syscall.SIGHUP), configure: func(t *testing.T, b boxSite) (string, []string) {
		return fmt.Sprintf("frontend=127.0.0.1,%s;no-tls\nbackend=%s\nbackend-read-timeout=%ds\nerrorlog-file=/dev/stderr\naccesslog-file=/dev/null\n",
			b.port(), strings.Replace(b.to, ":", ",", 1), seconds(b.limit)), []string{"--conf=" + b.file}
	}},
	{name: "h2o", limit: 30 * time.Second, configure: func(t *testing.T, b boxSite) (string, []string) {
		return fmt.Sprintf("listen: {host: 127.0.0.1, port: %s}\nuser: root\nproxy.preserve-host: ON\nproxy.timeout.io: %d\nhosts:\n  default:\n    paths:\n      /: {proxy.reverse.url: \"http://%s/\"}\n",
			b.port(), b.limit.Milliseconds(), b.to), []string{"-c", b.file}
	}},
}

func seconds(d time.Duration) int { return int(d.Seconds()) }

// packages are the Debian packages of programs that are called otherwise.
var packages = map[string]string{"nghttpx": "nghttp2-proxy", "apache2": "apache2-bin", "squid": "squid-openssl", "mitmdump": "mitmproxy", "nft": "nftables"}

// boxProgram returns where a program is. Without it the test is skipped, but fails in
// CI.
func boxProgram(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name)
	}
	return path
}

// missing skips a test for want of a program; in CI it fails it.
func missing(t *testing.T, name string) {
	t.Helper()
	hint := name + " is not installed: make boxes-packages, or the package "
	if packages[name] != "" {
		hint += packages[name]
	} else {
		hint += name
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(hint + ", and CI must have it")
	}
	t.Skip(hint)
}

// start starts the box before to.
func (b box) start(t *testing.T, to string, limit time.Duration) boxSite {
	t.Helper()
	program := boxProgram(t, b.name)
	site := boxSite{dir: t.TempDir(), listen: loopbacktest.UnusedAddress(t), to: to, limit: limit}
	if err := os.Chmod(site.dir, 0o755); err != nil { // some give up root
		t.Fatal(err)
	}
	site.file = filepath.Join(site.dir, "config")
	config, args := b.configure(t, site)
	if err := os.WriteFile(site.file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	site.cmd = exec.Command(program, args...)
	site.cmd.Env = environ(t, nil)
	startGroup(t, site.cmd)
	awaitListener(t, site.listen)
	return site
}

// startGroup starts a program that has children of its own, and ends all of them.
func startGroup(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	start(t, cmd)
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }) // it may have gone
}

// signalBox is a reload by a signal.
func signalBox(s syscall.Signal) func(*testing.T, boxSite) {
	return func(t *testing.T, b boxSite) {
		if err := b.cmd.Process.Signal(s); err != nil {
			t.Error(err)
		}
	}
}

func reloadCaddy(t *testing.T, b boxSite) {
	cmd := exec.Command(b.cmd.Path, "reload", "--force", "--config", b.file, "--adapter", "caddyfile", "--address", "unix/"+b.dir+"/admin")
	cmd.Env = environ(t, nil)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("reloading Caddy: %v\n%s", err, out)
	}
}
