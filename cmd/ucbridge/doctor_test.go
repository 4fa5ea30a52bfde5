package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
)

// doctored runs the doctor and returns its exit code and what it says.
func doctored(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := process(t, env, append([]string{"doctor", "--all", "--connection", "github"}, args...)...)
	out, err := cmd.Output()
	exit := new(exec.ExitError)
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err != nil {
		code = exit.ExitCode()
	}
	return code, string(out), cmd.Stderr.(*bytes.Buffer).String()
}

func holds(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in:\n%s", line, text)
		}
	}
}

// A proxy of the user's organisation terminates TLS, with a certificate of an
// authority that this machine does not know until it is told.
func TestDoctorIntercepted(t *testing.T) {
	t.Parallel()
	proxy, caFile := interception(t, workspace(t).URL(), nil)
	env := append(demoEnvironment(nil, "https://workspace.cloud.databricks.com", t.TempDir()), "HTTPS_PROXY="+proxy)
	code, out, _ := doctored(t, env)
	if code != exitUnreachable {
		t.Errorf("exit code %d, want %d", code, exitUnreachable)
	}
	holds(t, out,
		"✗ certificate    The certificate of workspace.cloud.databricks.com is not trusted: it is signed by an unknown authority: issued by Corp Inspection (Corp Inc.)\n",
		"                 next: if a proxy of your organisation intercepts TLS, give its certificate with --ca-file FILE\n",
		"– workspace      not checked: certificate failed\n",
		"– tools          not checked: certificate failed\n")

	code, out, stderr := doctored(t, env, "--ca-file", caFile)
	if code != exitOK {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
	holds(t, out,
		"✓ proxy          "+strings.TrimPrefix(proxy, "http://")+", by HTTPS_PROXY\n",
		"✓ certificate    signed by Corp Inspection (Corp Inc.), which is not a public authority: probably a proxy of your organisation that inspects traffic\n",
		"✓ tools          8, in ")
}

// A clock that is off makes tokens seem to have expired.
func TestDoctorClock(t *testing.T) {
	t.Parallel()
	proxy, caFile := interception(t, workspace(t).URL(), func(resp *http.Response) error {
		resp.Header.Set("Date", time.Now().Add(-20*time.Minute).UTC().Format(http.TimeFormat))
		return nil
	})
	env := append(demoEnvironment(nil, "https://workspace.cloud.databricks.com", t.TempDir()), "HTTPS_PROXY="+proxy)
	code, out, _ := doctored(t, env, "--ca-file", caFile)
	if code != exitError {
		t.Errorf("exit code %d, want %d", code, exitError)
	}
	holds(t, out, "✗ clock          this machine's clock is 20m ahead of the workspace's\n", "                 next: set it: ", "✓ tools          8, in ")
}

// A workspace that takes a request and never answers is given up.
func TestDoctorHangingWorkspace(t *testing.T) {
	t.Parallel()
	w := workspace(t)
	w.Inject(emulator.Fault{Path: "/", Hang: true})
	code, out, stderr := doctored(t, demoEnvironment(nil, w.URL(), t.TempDir()))
	if code != exitUnreachable {
		t.Errorf("exit code %d, want %d", code, exitUnreachable)
	}
	holds(t, out, "✗ workspace      "+strings.TrimPrefix(w.URL(), "http://")+" cannot be reached: no answer in time.\n", "– tools          not checked: workspace failed\n")
	holds(t, stderr, "ucbridge: error: check failed: workspace\n")
}

// An API that hangs is given up, and keeps nothing else from being checked.
func TestDoctorHangingCatalog(t *testing.T) {
	t.Parallel()
	w := workspace(t)
	w.Inject(emulator.Fault{Path: "/api/2.1/unity-catalog/connections/", Hang: true})
	code, out, _ := doctored(t, demoEnvironment(nil, w.URL(), t.TempDir()))
	if code != exitUnreachable {
		t.Errorf("exit code %d, want %d", code, exitUnreachable)
	}
	holds(t, out, "✓ credentials    ada@example.com (personal access token)\n", "✗ connection     "+strings.TrimPrefix(w.URL(), "http://")+" cannot be reached: no answer in time.\n")
}

// interception starts a proxy that takes every connection for its own, terminates
// TLS as workspace.cloud.databricks.com and passes requests on to the workspace. It
// returns the proxy's address and the file of the authority behind its
// certificate.
func interception(t *testing.T, to string, change func(*http.Response) error) (proxy, caFile string) {
	t.Helper()
	base, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	certificate, caFile := signed(t)
	inside := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(base) },
		FlushInterval: -1, ModifyResponse: change,
	})
	inside.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	inside.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that do not trust it
	inside.StartTLS()
	t.Cleanup(inside.Close)
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "workspace.cloud.databricks.com:443" {
			http.Error(w, "not here", http.StatusForbidden)
			return
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		peer, err := net.Dial("tcp", inside.Listener.Addr().String())
		if err != nil {
			return
		}
		defer peer.Close()
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(peer, conn)
			peer.Close()
		}()
		_, _ = io.Copy(conn, peer)
	}))
	t.Cleanup(outside.Close)
	return outside.URL, caFile
}

// signed returns a certificate for workspace.cloud.databricks.com, and the file of the
// authority that signed it.
func signed(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	make := func(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if signer == nil {
			signer = key
		}
		template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		return key, der
	}
	authority := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Corp Inspection", Organization: []string{"Corp Inc."}},
		IsCA:    true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caKey, ca := make(authority, authority, nil)
	key, leaf := make(&x509.Certificate{
		DNSNames: []string{"workspace.cloud.databricks.com"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, authority, caKey)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}, file
}
