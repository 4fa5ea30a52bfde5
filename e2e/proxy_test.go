package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/loopbacktest"
)

// proxied is a workspace at https://ws.test, which a machine reaches by a proxy only:
// nobody but the proxy knows where that is.
type proxied struct {
	dir    string // of the proxy, with the authority's ca.pem and ca.key
	listen string // of the proxy
	host   string // of the workspace, with its port
	server *boxServer
}

// newProxied makes a workspace; dead says that nothing listens there.
func newProxied(t *testing.T, dead bool) *proxied {
	t.Helper()
	server, w := startBoxServer(t)
	p := &proxied{dir: t.TempDir(), listen: loopbacktest.UnusedAddress(t), server: server}
	for _, dir := range []string{filepath.Dir(p.dir), p.dir} { // squid gives up root
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	certificate := p.certify(t)
	if p.host = "ws.test:" + loopbacktest.UnusedPort(t); dead {
		return p
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p.host = "ws.test:" + port
	go carry(listener, address(w))
	return p
}

// carry carries what comes to listener to the address, until it is closed.
func carry(listener net.Listener, to string) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer from.Close()
			conn, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, from) // either side may end it
				conn.Close()
			}()
			_, _ = io.Copy(from, conn)
		}()
	}
}

// certify makes the authority of an organisation, and a certificate of it for ws.test.
func (p *proxied) certify(t *testing.T) tls.Certificate {
	t.Helper()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Corp Test CA"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "ws.test"}, NotAfter: root.NotAfter, DNSNames: []string{"ws.test"}}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rootRaw, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	leafRaw, err := x509.CreateCertificate(rand.Reader, leaf, root, leafKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(rootKey)
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootRaw})))
	p.write(t, "ca.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	return tls.Certificate{Certificate: [][]byte{leafRaw}, PrivateKey: leafKey}
}

func (p *proxied) write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(p.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// env is what a machine knows: the workspace, the proxy, and the authority.
func (p *proxied) env(t *testing.T, user string) map[string]string {
	t.Helper()
	profile := p.write(t, "databrickscfg", "[DEFAULT]\nhost = https://"+p.host+"\ntoken = dapi-demo-ada\n")
	return map[string]string{
		"DATABRICKS_HOST": "", "DATABRICKS_TOKEN": "", "DATABRICKS_CONFIG_FILE": profile,
		"HTTPS_PROXY": "http://" + user + p.listen, "UCBRIDGE_CA_FILE": filepath.Join(p.dir, "ca.pem"),
	}
}

// squid starts squid with more lines of configuration.
func (p *proxied) squid(t *testing.T, lines string) {
	t.Helper()
	program := boxProgram(t, "squid")
	hosts := p.write(t, "hosts", "127.0.0.1 ws.test\n")
	port := "http_port " + p.listen
	if strings.Contains(lines, "ssl_bump") {
		port += fmt.Sprintf(" ssl-bump tls-cert=%[1]s/ca.pem tls-key=%[1]s/ca.key generate-host-certificates=on\n"+
			"sslcrtd_program /usr/lib/squid/security_file_certgen -s %[1]s/made -M 4MB\ntls_outgoing_options cafile=%[1]s/ca.pem", p.dir)
		if out, err := exec.Command("/usr/lib/squid/security_file_certgen", "-c", "-s", filepath.Join(p.dir, "made"), "-M", "4MB").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if out, err := exec.Command("chown", "-R", "proxy", filepath.Join(p.dir, "made")).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	config := p.write(t, "squid.conf", fmt.Sprintf("%s\nhosts_file %s\npid_filename none\ncache_log stdio:/dev/null\naccess_log none\ncache deny all\nvisible_hostname box\n"+
		"coredump_dir %s\nshutdown_lifetime 0 seconds\npinger_enable off\nnetdb_filename none\n%s\nhttp_access allow all\n", port, hosts, p.dir, lines))
	cmd := exec.Command(program, "-N", "-f", config)
	startGroup(t, cmd)
	awaitListener(t, p.listen)
}

// intercepts has squid read along.
const intercepts = "acl begun at_step SslBump1\nssl_bump peek begun\nssl_bump bump all\n"

// TestSquid has ucbridge reach its workspace by squid as organisations set it up, and
// reads what a person is told: what squid wants, and from whom.
func TestSquid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		lines  string
		user   string // before the proxy's address
		dead   bool   // there is no workspace
		large  bool   // the call has 1 MiB
		words  []string
		doctor string // the check that fails; "" for none
	}{
		{name: "tunnel", words: []string{"did key"}},
		{name: "intercepted", lines: intercepts, words: []string{"did key"}},
		{name: "no password", lines: wantsPassword, words: []string{"The proxy {proxy} wants a user and a password", "HTTPS_PROXY=http://USER:PASSWORD@{proxy}"}, doctor: "proxy"},
		{name: "wrong password", lines: wantsPassword, user: "ada:wrong@", words: []string{"The proxy {proxy} did not take the user and password of HTTPS_PROXY"}, doctor: "proxy"},
		{name: "password", lines: wantsPassword, user: "ada:s3cr3t@", words: []string{"did key"}},
		{name: "forbidden", lines: "http_access deny all", words: []string{"The proxy {proxy} refuses to connect to ws.test (HTTP 403)", "allow ws.test"}, doctor: "proxy"},
		{name: "nothing behind it", dead: true, words: []string{"The proxy {proxy} cannot reach ws.test"}, doctor: "proxy"},
		{name: "calls forbidden inside TLS", lines: intercepts + "acl calls method POST\nhttp_access deny calls", words: []string{"squid/5.7 ERR_ACCESS_DENIED", "HTTP 403", "allow ws.test"}, doctor: "routes"},
		{name: "nothing behind it inside TLS", lines: intercepts, dead: true, words: []string{"squid/5.7 ERR_CONNECT_FAIL", "HTTP 503", "cannot reach ws.test"}, doctor: "workspace"},
		{name: "large message inside TLS", lines: intercepts + "request_body_max_size 512 KB", large: true, words: []string{"1024 KiB"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			boxProgram(t, "squid")
			p := newProxied(t, tt.dead)
			p.write(t, "auth.sh", `while read -r user password; do if [ "$user $password" = "ada s3cr3t" ]; then echo OK; else echo ERR; fi; done`)
			p.squid(t, strings.ReplaceAll(tt.lines, "{dir}", p.dir))
			env := p.env(t, tt.user)
			how := "json"
			if tt.large {
				how = strings.Repeat("x", 1<<20)
			}
			var words []string
			for _, word := range tt.words {
				words = append(words, strings.ReplaceAll(word, "{proxy}", p.listen))
			}
			got := startStdio(t, "", env).call("key", how)
			wants(t, "stdio", got, words...)
			if want := map[bool]int{true: 1}[tt.words[0] == "did key"]; p.server.times("key") != want {
				t.Errorf("the call ran %d times", p.server.times("key"))
			}
			if tt.large {
				return
			}
			said := boxDoctor(t, "", env)
			if tt.doctor == "" {
				if said != "" {
					t.Errorf("doctor:\n%s", said)
				}
				return
			}
			wants(t, "doctor", said, append(words, "✗ "+tt.doctor)...)
			if strings.Count(said, "✗") != 1 {
				t.Errorf("doctor finds more than one fault:\n%s", said)
			}
		})
	}
}

// wantsPassword has squid ask for a user and a password.
const wantsPassword = "auth_param basic program /bin/sh {dir}/auth.sh\nauth_param basic realm corp\nacl known proxy_auth REQUIRED\nhttp_access deny !known"

// TestMitmproxy has ucbridge reach its workspace by mitmproxy, which reads along and
// hands on whole answers only.
func TestMitmproxy(t *testing.T) {
	t.Parallel()
	program := boxProgram(t, "mitmdump")
	p := newProxied(t, false)
	addon := p.write(t, "addon.py", "def server_connect(data):\n    data.server.address = ('127.0.0.1', data.server.address[1])\n")
	_, port, err := net.SplitHostPort(p.listen)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--listen-host", "127.0.0.1", "--listen-port", port, "--set", "confdir="+p.dir, "--ssl-insecure", "-q", "-s", addon)
	startGroup(t, cmd)
	awaitListener(t, p.listen)
	env := p.env(t, "")
	env["UCBRIDGE_CA_FILE"] = filepath.Join(p.dir, "mitmproxy-ca-cert.pem")
	c := startStdio(t, "", env)
	if got := c.ask(boxList); !strings.Contains(got, `"name":"do"`) {
		t.Errorf("tools/list: %s", got)
	}
	for _, how := range []string{"json", "events"} {
		if got := c.call(how, how); !strings.Contains(got, "did "+how) || p.server.times(how) != 1 {
			t.Errorf("%s: %s, ran %d times", how, got, p.server.times(how))
		}
	}
	if said := boxDoctor(t, "", env); said != "" {
		t.Errorf("doctor:\n%s", said)
	}
}
