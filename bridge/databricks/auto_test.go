package databricks

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/refusal"
	"ucbridge/bridge/sharedfile/sharedfiletest"
)

// withoutProxy answers as a workspace that has no connection proxy; with
// function it has external-function.
func withoutProxy(function bool) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if function && r.URL.Path == functionPath {
			io.WriteString(rw, `{"jsonrpc":"2.0","id":1,"result":{}}`)
			return
		}
		rw.WriteHeader(http.StatusNotFound)
		io.WriteString(rw, `{"error_code":"ENDPOINT_NOT_FOUND","message":"No API found for 'POST `+r.URL.Path+`'"}`)
	}
}

func uris(w *workspace) []string {
	var all []string
	for _, s := range w.requests() {
		all = append(all, strings.TrimPrefix(s.URI, "/api/2.0/"))
	}
	return all
}

func TestAutoFallsBack(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, withoutProxy(true))
	o := Options{Target: Target{Connection: "github"}, Host: w.URL, CacheDir: filepath.Join(t.TempDir(), "cache")}
	first := open(t, o, withToken(testToken))
	expectRerouted(t, first)
	if status, _, err := roundTrip(first, post(t, first, ping)); status != 200 || err != nil {
		t.Errorf("after the change: %d %v", status, err)
	}
	// The next process knows, and says so before it sends anything.
	second := open(t, o, withToken(testToken))
	expectRerouted(t, second)
	if _, _, err := roundTrip(second, post(t, second, ping)); err != nil {
		t.Error(err)
	}
	// Another connection is another matter.
	o.Connection = "jira"
	expectRerouted(t, open(t, o, withToken(testToken)))
	want := []string{
		"unity-catalog/connections/github/proxy", "external-function",
		"external-function",
		"unity-catalog/connections/jira/proxy",
	}
	if diff := cmp.Diff(want, uris(w)); diff != "" {
		t.Error(diff)
	}
	files, err := os.ReadDir(o.CacheDir)
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		sharedfiletest.OnlyOwner(t, filepath.Join(o.CacheDir, f.Name()))
	}
}

func expectRerouted(t *testing.T, r *Transport) {
	t.Helper()
	if r.Buffered() {
		t.Error("buffered before anything is known")
	}
	_, _, err := roundTrip(r, post(t, r, ping))
	if e, ok := errors.AsType[*refusal.Error](err); !ok || e.Data.Reason != refusal.RouteChanged {
		t.Fatalf("error %v, want a change of route", err)
	}
	if e := refusalOf(t, err); e.Data.Reason != "route_changed" || !e.Data.Retryable {
		t.Errorf("%+v", e)
	}
	if !r.Buffered() || r.Describe().Route != "external-function" {
		t.Error("not buffered after the change")
	}
}

func TestAutoFindsNoRoute(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, withoutProxy(false))
	r := onWorkspace(t, w, Target{Connection: "github"})
	expectRerouted(t, r)
	_, _, err := roundTrip(r, post(t, r, ping))
	if e := refusalOf(t, err); e.Data.Reason != "endpoint_not_found" {
		t.Errorf("%+v", e)
	}
	if files, err := os.ReadDir(r.routes.dir); len(files) != 0 || err != nil {
		t.Errorf("remembers a route that is none: %v %v", files, err)
	}
}

// A chosen route is kept, and a 404 of the server behind is its own.
func TestNoFallBack(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, withoutProxy(true))
	r := onWorkspace(t, w, Target{Connection: "github", Route: "proxy"})
	if _, _, err := roundTrip(r, post(t, r, ping)); refusalOf(t, err).Data.Reason != "endpoint_not_found" || r.Buffered() {
		t.Errorf("%v, buffered %v", err, r.Buffered())
	}
	w = newWorkspace(t, func(rw http.ResponseWriter, _ *http.Request) {
		http.Error(rw, "session not found", http.StatusNotFound)
	})
	r = onWorkspace(t, w, Target{Connection: "github"})
	if status, body, err := roundTrip(r, post(t, r, ping)); status != 404 || body != "session not found\n" || err != nil || r.Buffered() {
		t.Errorf("%d %q %v", status, body, err)
	}
}

func TestRouteIsRememberedForADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := routeCache{t.TempDir()}
		if err := m.remember("h", "c"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(routeTTL - time.Second)
		if !m.recall("h", "c") {
			t.Error("forgotten within the day")
		}
		if m.recall("h", "d") || m.recall("g", "c") {
			t.Error("remembered for another")
		}
		time.Sleep(time.Second)
		if m.recall("h", "c") {
			t.Error("remembered after a day")
		}
		if err := os.WriteFile(m.file("h", "c"), []byte("nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
		if m.recall("h", "c") {
			t.Error("believes nonsense")
		}
		if m := (routeCache{}); m.remember("h", "c") != nil || m.recall("h", "c") {
			t.Error("remembers without a folder")
		}
	})
}
