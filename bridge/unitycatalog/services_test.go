package unitycatalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// bySchema is a metastore with many schemas, whose services are listed of one
// schema only. Every call takes a while.
type bySchema struct {
	schemas, services int
	took              time.Duration
	first             atomic.Pointer[string] // schema that was asked for its services
}

func (b *bySchema) Get(ctx context.Context, path string, query url.Values, answer any) error {
	select {
	case <-time.After(b.took):
	case <-ctx.Done():
		return ctx.Err()
	}
	var names []string
	parent := strings.TrimPrefix(query.Get("parent"), "schemas/")
	switch {
	case path == root+"mcp-services" && parent == "":
		return refusalWith(400, "workspace_error")
	case path == root+"mcp-services":
		b.first.CompareAndSwap(nil, &parent)
		for i := range b.services {
			names = append(names, fmt.Sprintf(`{"name":"mcp-services/%s.s%03d"}`, parent, i))
		}
		return json.Unmarshal([]byte(`{"mcp_services":[`+strings.Join(names, ",")+`]}`), answer)
	case path == me:
		return json.Unmarshal([]byte(ada), answer)
	case strings.HasPrefix(path, root+"effective-permissions/"):
		return json.Unmarshal([]byte(`{"privilege_assignments":[{"principal":"account users","privileges":[{"privilege":"EXECUTE"}]}]}`), answer)
	case strings.HasSuffix(path, "/user-credentials"):
		return json.Unmarshal([]byte(`{"provisioning_info":{"state":"ACTIVE"}}`), answer)
	case path == root+"connections":
		return nil
	case path == root+"catalogs":
		return json.Unmarshal([]byte(`{"catalogs":[{"name":"main"}]}`), answer)
	case path == root+"schemas":
		for i := range b.schemas {
			names = append(names, fmt.Sprintf(`{"name":"x%03d","full_name":"main.x%03[1]d"}`, i))
		}
		names = append(names, `{"name":"information_schema","full_name":"main.information_schema"}`)
		return json.Unmarshal([]byte(`{"schemas":[`+strings.Join(names, ",")+`]}`), answer)
	}
	return refusalWith(404, "workspace_error")
}

func (*bySchema) Delete(context.Context, string) error { panic("not asked for") }

func TestServicesSchemaBySchema(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &bySchema{schemas: 200, services: 20, took: 50 * time.Millisecond}
		begin := time.Now()
		got, err := New(api).Services(t.Context())
		if err != nil || len(got) != 201*20 {
			t.Fatalf("%d services, %v", len(got), err)
		}
		if first := *api.first.Load(); first != systemSchema {
			t.Errorf("%s was asked first", first)
		}
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// The whole of it, with connections of schemas and the question of what may be used,
// takes little more.
func TestOverviewSchemaBySchema(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &bySchema{schemas: 200, services: 20, took: 50 * time.Millisecond}
		begin := time.Now()
		c := New(api)
		if _, err := c.Me(t.Context()); err != nil { // as the command asks first
			t.Fatal(err)
		}
		o, err := c.Overview(t.Context(), Selection{}, nil)
		if err != nil || len(o.Servers) != 201*20 {
			t.Fatalf("%d servers, %v", len(o.Servers), err)
		}
		if first := o.Servers[0]; first.Usable != Yes || first.SignedIn != Yes {
			t.Errorf("%+v", first)
		}
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// Where time runs out, what has been found is listed, and that it is not all.
func TestServicesPartial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &bySchema{schemas: 200, services: 1, took: 3 * time.Second}
		got, err := New(api).Services(t.Context())
		if !errors.Is(err, errPartial) || len(got) == 0 || len(got) > 100 {
			t.Errorf("%d services, %v", len(got), err)
		}
	})
}
