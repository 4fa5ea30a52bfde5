package unitycatalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/refusal"
)

// script is an API that answers by path and query; what is not in it does not
// exist. Of several answers each serves once, the last for ever.
type script struct {
	mu      sync.Mutex
	answers map[string][]any // JSON, or an error
	asked   []string
}

func (s *script) Get(_ context.Context, path string, query url.Values, answer any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	s.asked = append(s.asked, path)
	answers, ok := s.answers[path]
	if !ok {
		return refusalWith(404, "workspace_error")
	}
	if len(answers) > 1 {
		s.answers[path] = answers[1:]
	}
	if err, ok := answers[0].(error); ok {
		return err
	}
	return json.Unmarshal([]byte(answers[0].(string)), answer)
}

func (s *script) Delete(ctx context.Context, path string) error {
	return s.Get(ctx, "DELETE "+path, nil, &struct{}{})
}

func refusalWith(status int, reason refusal.Reason) *refusal.Error {
	e := refusal.New(reason, "Refused.")
	e.Data.HTTPStatus, e.Data.Detail = status, "no"
	return e
}

const (
	me        = "/api/2.0/preview/scim/v2/Me"
	ada       = `{"userName":"ada@example.com","groups":[{"display":"eng"}]}`
	effective = root + "effective-permissions/connection/c"
	ownGrants = effective + "?max_results=0&principal=ada%40example.com"
	allGrants = effective + "?max_results=0"
	ownLogin  = root + "connections/c/user-credentials/ada@example.com"
)

// One page is empty and not the last; one connection cannot lead to an MCP server.
func TestPages(t *testing.T) {
	t.Parallel()
	api := &script{answers: map[string][]any{
		root + "connections?max_results=0":                {`{"connections":[{"name":"z","connection_type":"HTTP"},{"name":"db","connection_type":"MYSQL"}],"next_page_token":"a b"}`},
		root + "connections?max_results=0&page_token=a+b": {`{"next_page_token":"c"}`},
		root + "connections?max_results=0&page_token=c":   {`{"connections":[{"name":"n","full_name":"main.s.n","connection_type":"SLACK","options":{"is_mcp_connection":"TRUE"}}]}`},
		root + "mcp-services?view=FULL":                   {`{"mcp_services":[{"name":"mcp-services/a.b.c","config":{"source_connection":{"name":"connections/z"}}}]}`},
	}}
	c := New(api)
	got, err := c.Connections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	services, err := c.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Server{
		{Kind: Connection, Name: "main.s.n", Type: "SLACK", MCP: true},
		{Kind: Connection, Name: "z", Type: "HTTP"},
		{Kind: Service, Name: "a.b.c", Connection: "z", MCP: true},
	}
	if diff := cmp.Diff(want, append(got, services...)); diff != "" {
		t.Errorf("servers (-want +got):\n%s", diff)
	}
}

// What something on the way answers says nothing of the connection, whatever its status.
func TestFindThroughSomethingElse(t *testing.T) {
	t.Parallel()
	for _, reason := range []refusal.Reason{refusal.Intercepted, refusal.ProxyRefused} {
		for _, status := range []int{403, 404} {
			api := &script{answers: map[string][]any{root + "connections/c": {refusalWith(status, reason)}}}
			_, err := New(api).Find(t.Context(), Connection, "c")
			e, ok := errors.AsType[*refusal.Error](err)
			if !ok || e.Data.Reason != reason || e.Message != "Refused." {
				t.Errorf("%s with %d: %v", reason, status, err)
			}
		}
	}
}

func TestEndlessList(t *testing.T) {
	t.Parallel()
	api := &script{answers: map[string][]any{
		root + "connections?max_results=0":              {`{"next_page_token":"x"}`},
		root + "connections?max_results=0&page_token=x": {`{"next_page_token":"x"}`},
	}}
	if _, err := New(api).Connections(t.Context()); err == nil || !strings.Contains(err.Error(), "does not end") {
		t.Errorf("error %v", err)
	}
	if len(api.asked) != maxPages {
		t.Errorf("asked %d times, want %d", len(api.asked), maxPages)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	grant := func(principal, privilege string) string {
		return fmt.Sprintf(`{"privilege_assignments":[{"principal":%q,"privileges":[{"privilege":%q}]}]}`, principal, privilege)
	}
	shared := Server{Kind: Connection, Name: "c", Credential: "BEARER_TOKEN"}
	perUser := Server{Kind: Connection, Name: "c", Credential: "OAUTH_U2M_MAPPING", PerUser: true, Owner: "eng"}
	service := Server{Kind: Service, Name: "a.b.c"}
	const services = root + "effective-permissions/mcp_service/a.b.c?max_results=0"
	tests := []struct {
		name             string
		server           Server
		answers          map[string][]any
		usable, signedIn Answer
	}{
		{"own grant", shared, map[string][]any{ownGrants: {grant("ada@example.com", "USE_CONNECTION")}}, Yes, NotNeeded},
		{"grant to everybody", shared, map[string][]any{ownGrants: {grant("account users", "ALL_PRIVILEGES")}}, Yes, NotNeeded},
		{"grant to a group, among all", shared, map[string][]any{ownGrants: {"{}"}, allGrants: {grant("eng", "USE_CONNECTION")}}, Yes, NotNeeded},
		{"on a later page", shared, map[string][]any{
			ownGrants: {`{"next_page_token":"2"}`},
			effective + "?max_results=0&page_token=2&principal=ada%40example.com": {grant("ada@example.com", "USE_CONNECTION")},
		}, Yes, NotNeeded},
		{"another privilege", shared, map[string][]any{ownGrants: {grant("ada@example.com", "MANAGE")}, allGrants: {"{}"}}, No, NotNeeded},
		{"somebody else's", shared, map[string][]any{ownGrants: {"{}"}, allGrants: {grant("bob@example.com", "USE_CONNECTION")}}, No, NotNeeded},
		{"the rest is not told", shared, map[string][]any{ownGrants: {"{}"}, allGrants: {refusalWith(403, "workspace_error")}}, Unknown, NotNeeded},
		{"nothing is told", shared, nil, Unknown, NotNeeded},
		{"owned by a group, not signed in", perUser, nil, Yes, No},
		{"signed in", perUser, map[string][]any{ownLogin: {`{"connection_user_credential":{"provisioning_info":{"state":"ACTIVE"}}}`}}, Yes, Yes},
		{"being made", perUser, map[string][]any{ownLogin: {`{"connection_user_credential":{"provisioning_info":{"state":"PROVISIONING"}}}`}}, Yes, No},
		{"who is signed in is not told", perUser, map[string][]any{ownLogin: {refusalWith(403, "workspace_error")}}, Yes, Unknown},
		{"who is signed in cannot be asked", perUser, map[string][]any{ownLogin: {refusalWith(404, "endpoint_not_found")}}, Yes, Unknown},
		{"service, signed in", service, map[string][]any{
			services + "&principal=ada%40example.com":    {grant("ada@example.com", "EXECUTE")},
			root + "mcp-services/a.b.c/user-credentials": {`{"provisioning_info":{"state":"ACTIVE"}}`},
		}, Yes, Yes},
		{"service, which may need no sign-in", service, nil, Unknown, Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := &script{answers: map[string][]any{me: {ada}}}
			for path, answers := range tt.answers {
				api.answers[path] = answers
			}
			server := tt.server
			New(api).Inspect(t.Context(), &server)
			if server.Usable != tt.usable || server.SignedIn != tt.signedIn {
				t.Errorf("usable %s, signed in %s; want %s, %s; asked %q", server.Usable, server.SignedIn, tt.usable, tt.signedIn, api.asked)
			}
		})
	}
}

// A name from the wire stays one step of a path.
func TestNamesAreEscaped(t *testing.T) {
	t.Parallel()
	api := &script{answers: map[string][]any{me: {`{"userName":"a/../b?c"}`}}}
	server := Server{Kind: Connection, Name: "../x?y#z", Credential: "OAUTH_U2M_MAPPING", PerUser: true}
	New(api).Inspect(t.Context(), &server)
	want := []string{
		me,
		root + "effective-permissions/connection/..%2Fx%3Fy%23z?max_results=0&principal=a%2F..%2Fb%3Fc",
		root + "connections/..%2Fx%3Fy%23z/user-credentials/a%2F..%2Fb%3Fc",
	}
	if diff := cmp.Diff(want, api.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want string
	}{
		{refusalWith(404, "workspace_error"), `There is no connection "c", or you may not see it. (list connections with: ucbridge connections)`},
		{refusalWith(403, "connection_forbidden"), `You may not use the connection "c". (list connections with: ucbridge connections)`},
		{refusalWith(403, "missing_scope"), `Refused.`},
		{refusalWith(401, "not_authenticated"), `Refused.`},
		{refusalWith(0, "workspace_unreachable"), `Refused.`},
		{errors.New("no JSON"), `reading connection "c": no JSON`},
	}
	for _, tt := range tests {
		_, err := New(&script{answers: map[string][]any{root + "connections/c": {tt.err}}}).Find(t.Context(), Connection, "c")
		if err == nil || err.Error() != tt.want {
			t.Errorf("%v\nwant %s", err, tt.want)
		}
	}
}

func TestAwaitSignIn(t *testing.T) {
	t.Parallel()
	server := Server{Kind: Connection, Name: "c", Credential: "OAUTH_U2M_MAPPING", PerUser: true}
	const done = `{"connection_user_credential":{"provisioning_info":{"state":"ACTIVE"}}}`
	missing, denied, offline := refusalWith(404, "connection_login_required"), refusalWith(403, "workspace_error"), refusalWith(0, "workspace_unreachable")
	offline.Data.Retryable = true
	tests := []struct {
		name    string
		answers []any
		within  time.Duration
		want    error
		asked   int
	}{
		{"at once", []any{done}, 0, nil, 1},
		{"after a while", []any{missing, missing, missing, done}, 3 * time.Second, nil, 4},
		{"the network comes back", []any{missing, offline, done}, 2 * time.Second, nil, 3},
		{"never", []any{missing}, time.Minute, context.DeadlineExceeded, 0},
		{"not told", []any{denied}, 0, denied, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				api := &script{answers: map[string][]any{me: {ada}, ownLogin: tt.answers}}
				begin := time.Now()
				err := New(api).AwaitSignIn(ctx, server)
				if !errors.Is(err, tt.want) {
					t.Errorf("error %v, want %v", err, tt.want)
				}
				if took := time.Since(begin); took > tt.within {
					t.Errorf("took %v", took)
				}
				if asked := len(api.asked) - 1; tt.asked > 0 && asked != tt.asked || asked > 20 {
					t.Errorf("asked %d times", asked)
				}
			})
		})
	}
}

// Every server is inspected, however many there are.
func TestOverview(t *testing.T) {
	t.Parallel()
	const n = 50
	var infos []string
	for i := range n {
		infos = append(infos, fmt.Sprintf(`{"name":"c%02d","connection_type":"HTTP","credential_type":"BEARER_TOKEN","owner":"eng"}`, i))
	}
	api := &script{answers: map[string][]any{
		me:                                 {ada},
		root + "connections?max_results=0": {`{"connections":[` + strings.Join(infos, ",") + `]}`},
	}}
	var progress []int
	o, err := New(api).Overview(t.Context(), Selection{}, func(done, total int) {
		if total != n {
			t.Errorf("total %d", total)
		}
		progress = append(progress, done)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(progress) != n || progress[n-1] != n {
		t.Errorf("progress %v", progress)
	}
	for _, s := range o.Servers {
		if s.Usable != Yes || s.SignedIn != NotNeeded {
			t.Errorf("%+v", s)
		}
	}
	if diff := cmp.Diff([]string{"MCP services are not enabled on this workspace."}, o.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}

	ctx, cancel := context.WithCancel(t.Context())
	if _, err := New(api).Overview(ctx, Selection{}, func(int, int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// TestNobodyOwns has an owner who is not named, and a group that is not either.
func TestNobodyOwns(t *testing.T) {
	t.Parallel()
	api := &script{answers: map[string][]any{me: {`{"userName":"ada@example.com","groups":[{"value":"17"}]}`}, ownGrants: {`{}`}, allGrants: {`{}`}}}
	s := Server{Kind: Connection, Name: "c", Credential: "BEARER_TOKEN"}
	if New(api).Inspect(t.Context(), &s); s.Usable != No {
		t.Errorf("usable: %s, want %s", s.Usable, No)
	}
}
