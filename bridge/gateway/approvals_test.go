package gateway

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/seal"
)

func newSealer(t *testing.T, secret string) *seal.Sealer {
	t.Helper()
	s, err := seal.New(secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// replica is a gateway's approvals, and where the others ask for them.
func replica(t *testing.T, secret string) (*Approvals, string) {
	t.Helper()
	a := NewApprovals(newSealer(t, secret), nil)
	server := httptest.NewServer(http.HandlerFunc(a.serveTake))
	t.Cleanup(server.Close)
	return a, strings.TrimPrefix(server.URL, "http://")
}

const confirming = "confirm: true\n"

var waitsAt = regexp.MustCompile(`https://[^ ]*/approve\?call=([A-Za-z0-9_-]+)`)

// approvedStage is a gateway under a policy that wants calls confirmed, and what its
// upstream is asked.
func approvedStage(t *testing.T, a *Approvals) (*stage, *upstream) {
	t.Helper()
	u := &upstream{}
	return governed(t, u, "proxy", confirming, func(o *Options) { o.Approvals = a }), u
}

// calls counts the calls that reached the server.
func (u *upstream) calls() (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, message := range u.seen {
		if strings.Contains(message, "tools/call") {
			n++
		}
	}
	return n
}

// TestApproval has a client that cannot ask its user call what must be confirmed. The
// user approves that call on the page, and it passes once, at a replica that did not ask.
func TestApproval(t *testing.T) {
	t.Parallel()
	const key = "the key of three replicas"
	one, addrOne := replica(t, key)
	two, addrTwo := replica(t, key)
	one.peers, two.peers = []string{addrTwo, "127.0.0.1:1"}, []string{addrOne}
	s, u := approvedStage(t, one)
	other, v := approvedStage(t, two)
	made := call(2, "delete_repo", `{"repo":"a<b>"}`)
	status, body, _ := s.call(t, "POST", ada, made)
	found := waitsAt.FindStringSubmatch(body)
	if status != 200 || found == nil || !strings.Contains(body, "waits for its user's approval") || u.calls() != 0 {
		t.Fatalf("%d %s, and %d calls were made", status, body, u.calls())
	}
	if _, again, _ := s.call(t, "POST", ada, made); waitsAt.FindString(again) == "" || len(one.Waiting("ada@example.com")) != 1 {
		t.Errorf("made again before that: %s", again)
	}
	c, err := two.Open(found[1]) // the other replica can show it
	if err != nil || c.User != "ada@example.com" || c.Tool != "delete_repo" || !strings.Contains(string(c.Params), `"repo":"a<b>"`) {
		t.Fatalf("%+v, %v", c, err)
	}
	one.Settle(t.Context(), c, true)
	for name, not := range map[string]func() (int, string, http.Header){
		"other arguments": func() (int, string, http.Header) {
			return s.call(t, "POST", ada, call(3, "delete_repo", `{"repo":"b"}`))
		},
		"another tool": func() (int, string, http.Header) {
			return s.call(t, "POST", ada, call(3, "write_file", `{"repo":"a<b>"}`))
		},
		"another user": func() (int, string, http.Header) { return s.call(t, "POST", "dapi-demo-bob", made) },
	} {
		if _, body, _ := not(); !strings.Contains(body, "waits for its user's approval") && !strings.Contains(body, "lists no tool") {
			t.Errorf("%s: %s", name, body)
		}
	}
	// Spelled otherwise it is the same call.
	if _, body, _ := other.call(t, "POST", ada, strings.Replace(made, `"arguments":{"repo":"a<b>"}`, `"arguments": { "repo" : "a\u003cb>" }`, 1)); strings.Contains(body, "approval") || v.calls() != 1 {
		t.Errorf("approved: %s, and %d calls were made", body, v.calls())
	}
	for _, s := range []*stage{s, other} {
		if _, body, _ := s.call(t, "POST", ada, made); !strings.Contains(body, "waits for its user's approval") {
			t.Errorf("a second time: %s", body)
		}
	}
	if u.calls() != 0 || v.calls() != 1 {
		t.Errorf("%d and %d calls were made", u.calls(), v.calls())
	}
}

// TestDeclined has a user approve a call, go back and decline it, at the replica that took
// the approval or at another: it does not pass.
func TestDeclined(t *testing.T) {
	t.Parallel()
	const key = "the key of two replicas"
	one, addrOne := replica(t, key)
	two, _ := replica(t, key)
	two.peers = []string{"127.0.0.1:1", addrOne}
	s, u := approvedStage(t, one)
	made := call(2, "delete_repo", `{"repo":"a"}`)
	for name, declining := range map[string]*Approvals{"the same replica": one, "another": two} {
		_, body, _ := s.call(t, "POST", ada, made)
		found := waitsAt.FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("%s: %s", name, body)
		}
		c, err := one.Open(found[1])
		if err != nil {
			t.Fatal(err)
		}
		one.Settle(t.Context(), c, true)
		declining.Settle(t.Context(), c, false)
		if _, body, _ := s.call(t, "POST", ada, made); !strings.Contains(body, "waits for its user's approval") || u.calls() != 0 {
			t.Errorf("%s: %s, and %d calls were made", name, body, u.calls())
		}
	}
}

// TestApprovalIsAskedForByReplicas: who has no key gets no approval, and what is asked for
// is not good for anything else.
func TestApprovalIsAskedForByReplicas(t *testing.T) {
	t.Parallel()
	a, addr := replica(t, "the key of the replicas")
	a.approved["digest"] = time.Now().Add(time.Minute)
	a.approved["late"] = time.Now().Add(-time.Minute)
	soon := time.Now().Add(time.Minute)
	for name, c := range map[string]struct {
		asked string
		want  int
	}{
		"no seal":         {"digest", http.StatusForbidden},
		"another key":     {newSealer(t, "the key of somebody else").Seal(sealedTake, []byte("digest"), soon), http.StatusForbidden},
		"another purpose": {newSealer(t, "the key of the replicas").Seal(sealedCall, []byte("digest"), soon), http.StatusForbidden},
		"another call":    {newSealer(t, "the key of the replicas").Seal(sealedTake, []byte("x"), soon), http.StatusNotFound},
		"too late":        {newSealer(t, "the key of the replicas").Seal(sealedTake, []byte("late"), soon), http.StatusNotFound},
	} {
		resp, err := http.Post("http://"+addr+takePath, "text/plain", strings.NewReader(c.asked))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if !a.take([]byte("digest")) || a.take([]byte("digest")) {
		t.Error("an approval is not good once")
	}
}
