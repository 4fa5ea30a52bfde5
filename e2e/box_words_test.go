package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"ucbridge/bridge/loopbacktest"
)

// wants checks what a person reads in an answer: each of the words, and nothing of the
// credentials, which are good.
func wants(t *testing.T, what, got string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(got, word) {
			t.Errorf("%s: no %q in\n%s", what, word, got)
		}
	}
	for _, wrong := range []string{"renew", "credential", "access token", "expired or revoked"} {
		if strings.Contains(got, wrong) {
			t.Errorf("%s: %q in\n%s", what, wrong, got)
		}
	}
}

// boxDoctor returns what doctor finds wrong, with its cure.
func boxDoctor(t *testing.T, host string, env map[string]string) string {
	t.Helper()
	all := map[string]string{"DATABRICKS_HOST": host, "DATABRICKS_TOKEN": "dapi-demo-ada", "DATABRICKS_CONFIG_FILE": "/dev/null", "UCBRIDGE_CACHE_DIR": t.TempDir()}
	for name, value := range env {
		all[name] = value
	}
	cmd := exec.Command(ucbridge, "doctor", "--all", "--connection", "everything")
	cmd.Env = environ(t, all)
	out, _ := cmd.Output() // a check has to fail
	var said []string
	failed := false
	for line := range strings.SplitSeq(string(out), "\n") {
		if !strings.HasPrefix(line, " ") {
			failed = strings.HasPrefix(line, "✗")
		}
		if failed {
			said = append(said, line)
		}
	}
	return strings.Join(said, "\n")
}

// TestNginxInPlaceOfWorkspace has nginx answer everything in the workspace's place, as
// portals and gateways of organisations do.
func TestNginxInPlaceOfWorkspace(t *testing.T) {
	t.Parallel()
	boxProgram(t, "nginx")
	for _, tt := range []struct {
		name, rule string
		words      []string
	}{
		{"portal", `return 302 https://portal.corp.test/login;`, []string{"portal.corp.test", "sign in to the network"}},
		{"network sign-in", `return 511 "<html><title>Sign in</title>";`, []string{"nginx", "HTTP 511", "sign in to the network"}},
		{"proxy inside TLS", `return 407 "<html>";`, []string{"nginx", "HTTP 407", "sign in to the proxy"}},
		{"by law", `return 451 "<html>";`, []string{"nginx", "HTTP 451", "ask whoever runs that proxy or firewall to allow 127.0.0.1"}},
		{"forbidden", `return 403 "<html>";`, []string{"nginx", "HTTP 403", "ask whoever runs that proxy or firewall to allow 127.0.0.1"}},
		{"forbidden without words", `return 403 "";`, []string{"nginx", "HTTP 403", "ask whoever runs that proxy or firewall to allow 127.0.0.1"}},
		{"a page in place of the answer", `return 200 "<html><title>Welcome</title>";`, []string{"nginx", "HTTP 200", "sign in to the network"}},
		{"headers too long", `return 431 "<html>";`, []string{"nginx", "HTTP 431", "headers that are too long"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := boxes[0]
			b.configure = func(t *testing.T, b boxSite) (string, []string) {
				return fmt.Sprintf("user root; daemon off; master_process off; pid %s/nginx.pid; error_log stderr error; events {}\nhttp { access_log off; default_type text/html; server { listen %s; location / { %s } } }",
					b.dir, b.listen, tt.rule), []string{"-c", b.file, "-p", b.dir, "-e", "stderr"}
			}
			host := "http://" + b.start(t, "", 0).listen
			c := startStdio(t, host, nil)
			wants(t, "stdio", c.call("key", "json"), tt.words...)
			got := boxDoctor(t, host, nil)
			wants(t, "doctor", got, tt.words...)
		})
	}
}

// TestBoxSpeaks has each box answer for a workspace that is not there: it is named, where
// it names itself, and what can be done.
func TestBoxSpeaks(t *testing.T) {
	names := map[string]string{"nginx": "nginx", "haproxy": "HTTP 503", "caddy": "Caddy", "apache2": "Apache", "nghttpx": "nghttpx", "h2o": "h2o"}
	eachBox(t, func(t *testing.T, b box) {
		site := b.start(t, loopbacktest.UnusedAddress(t), cmpLimit(b))
		wants(t, "stdio", startStdio(t, "http://"+site.listen, nil).call("key", "json"), names[b.name], "Something between this machine and 127.0.0.1", "cannot reach 127.0.0.1")
	})
}

// TestBoxCutsSilence has a workspace be silent for longer than the box before it allows.
func TestBoxCutsSilence(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	defer all.Wait()
	for _, b := range boxes {
		if b.limit == 0 {
			continue
		}
		server, w := startBoxServer(t)
		c := startStdio(t, "http://"+b.start(t, address(w), 10*time.Second).listen, nil)
		all.Go(func() {
			wants(t, b.name, c.call("silent", "wait"), "Nothing had come for 10s", "answers that are silent for 10s", "may have run")
			if server.times("silent") != 1 {
				t.Errorf("%s: it ran %d times", b.name, server.times("silent"))
			}
		})
	}
}

// TestBoxLimitsMessages has nginx, as it comes, refuse a call of more than 1 MiB.
func TestBoxLimitsMessages(t *testing.T) {
	t.Parallel()
	server, w := startBoxServer(t)
	b := boxes[0]
	configure := b.configure
	b.configure = func(t *testing.T, b boxSite) (string, []string) {
		config, command := configure(t, b)
		return strings.Replace(config, "client_max_body_size 16m;", "", 1), command
	}
	site := b.start(t, address(w), time.Minute)
	got := startStdio(t, "http://"+site.listen, nil).call("large", strings.Repeat("x", 3<<19))
	wants(t, "stdio", got, "nginx", "HTTP 413", "1536 KiB")
	if server.times("large") != 0 {
		t.Error("it ran")
	}
}
