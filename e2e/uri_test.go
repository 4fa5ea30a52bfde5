package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"

	"ucbridge/bridge/policy"
)

// readURI is how some reader takes a URI.
type readURI struct{ Scheme, Host, Path string }

// isDenied reports whether a reader finds what the policy of TestURIReaders denies.
func (r readURI) isDenied() bool {
	clean := path.Clean("/" + r.Path)
	switch strings.ToLower(r.Scheme) {
	case "file:":
		return (r.Host == "" || r.Host == "localhost") && strings.HasPrefix(clean, "/secret/")
	case "https:":
		return strings.EqualFold(strings.TrimRight(r.Host, "."), "api.test") && strings.HasPrefix(clean, "/admin/")
	case "repo:":
		return strings.EqualFold(r.Host, "octo") && strings.HasPrefix(clean, "/private/")
	}
	return false
}

// mutate changes a URI in a few places, as somebody does who looks for a way through.
func mutate(random *rand.Rand, uri string) string {
	pieces := []string{
		"../", "./", "/", "//", "\\", "%2e", "%2E%2e/", "%2f", "%5c", "%25", "%252e", "@", "u:p@", ":443", ":80", ":", ".", "?", "#", "%3f", "%23", ";", "%00",
		"\t", "\n", "\r", " ", "%09", "%0a", "\u00ad", "\u200b", "%c2%ad", "localhost", "x", "..", "%2e%2e", "\u3002", "\uff0e", "\uff0f", "%", "A",
	}
	for range 1 + random.IntN(4) {
		at := random.IntN(len(uri) + 1)
		switch random.IntN(4) {
		case 0: // encode a character
			if at < len(uri) && uri[at] < 0x80 {
				uri = uri[:at] + "%" + strings.ToUpper(string("0123456789abcdef"[uri[at]>>4])) + string("0123456789abcdef"[uri[at]&15]) + uri[at+1:]
			}
		case 1: // lose one
			if at < len(uri) {
				uri = uri[:at] + uri[at+1:]
			}
		default:
			uri = uri[:at] + pieces[random.IntN(len(pieces))] + uri[at:]
		}
	}
	return strings.ToValidUTF8(uri, "")
}

// uriSeed makes each run of make test the same: what chance finds does not belong
// there. 0 is a new seed, for looking further.
var uriSeed = flag.Uint64("uriseed", 1, "seed of TestURIReaders, 0 for a new one")

// TestURIReaders: what the policy lets through is not what Node's URL or Go's takes for
// something that is denied, in 100,000 mutations a run.
func TestURIReaders(t *testing.T) {
	t.Parallel()
	const mutations = 100_000
	rules, err := policy.Parse("p", []byte(`resources: {deny: ["file:///secret/*", "https://api.test/admin/*", "repo://octo/private/*"]}`))
	if err != nil {
		t.Fatal(err)
	}
	p := policy.New(policy.Target{Names: []string{"any"}}, rules)
	seed := *uriSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	random := rand.New(rand.NewPCG(seed, 0))
	bases := []string{"file:///secret/key", "https://api.test/admin/key", "repo://octo/private/key", "file:///pub/../secret/key", "https://api.test/x/../admin/key", "repo://octo/a/../private/key"}
	var input bytes.Buffer
	uris := make([]string, mutations)
	for i := range uris {
		uris[i] = mutate(random, bases[random.IntN(len(bases))])
		line, err := json.Marshal(uris[i])
		if err != nil {
			t.Fatal(err)
		}
		input.Write(append(line, '\n'))
	}
	program, err := exec.LookPath("node")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("Node is not installed, and CI must have it")
	} else if err != nil {
		t.Skip("Node is not installed")
	}
	node := exec.CommandContext(t.Context(), program, "uris.mjs")
	node.Stdin = &input
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewScanner(bytes.NewReader(out))
	disagreements, denied := 0, 0
	for _, uri := range uris {
		if !answers.Scan() {
			t.Fatalf("Node reads fewer than %d URIs", mutations)
		}
		var byNode *readURI
		if err := json.Unmarshal(answers.Bytes(), &byNode); err != nil {
			t.Fatal(err)
		}
		found := byNode != nil && byNode.isDenied()
		if u, err := url.Parse(uri); err == nil {
			found = found || readURI{u.Scheme + ":", u.Hostname(), u.Path}.isDenied()
		}
		if !found {
			continue
		}
		denied++
		if by := p.Resource(uri); !by.Denied {
			if disagreements++; disagreements <= 20 {
				t.Errorf("%q passes, and Node reads %+v", uri, byNode)
			}
		}
	}
	if disagreements > 0 || denied < mutations/10 {
		t.Errorf("%d of %d pass (seed %d)", disagreements, denied, seed)
	}
}
