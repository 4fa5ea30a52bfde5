package auth

import (
	"context"
	"sync"

	"github.com/databricks/databricks-sdk-go/useragent"

	"ucbridge/bridge/lazyregexp"
)

// semanticVersion is what the SDK accepts as a product's version; it panics on
// anything else (useragent/user_agent.go).
var semanticVersion = lazyregexp.New(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[a-zA-Z][0-9A-Za-z.-]*)?$`)

// productNamed guards the naming of ucbridge in the SDK's user agent, which is
// one per process: the first version stays.
var productNamed sync.Once

func nameProduct(version string) {
	productNamed.Do(func() {
		if !semanticVersion.MatchString(version) {
			version = "0.0.0-dev"
		}
		useragent.WithProduct("ucbridge", version)
	})
}

// userAgent is what Databricks sees and keeps in its audit: product, SDK, and
// which authentication, CI system and coding agent are at work. The SDK's own
// client adds those through request visitors (config/api_client.go).
func userAgent(authType string) string {
	ctx := context.Background()
	for _, dimension := range []struct{ key, value string }{
		{useragent.AuthKey, authType},
		{useragent.CicdKey, useragent.CiCdProvider()},
		{useragent.AgentKey, useragent.AgentProvider()},
		{useragent.MetaHarnessKey, useragent.MetaHarnessProvider()},
	} {
		if dimension.value != "" {
			ctx = useragent.InContext(ctx, dimension.key, useragent.Sanitize(dimension.value))
		}
	}
	return useragent.FromContext(ctx)
}
