package bridge

import (
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which of our packages each may import. Imports run one way:
// who reads a message's path from the top never has to turn back.
var mayImport = map[string][]string{
	"cmd/ucbridge": {
		"config/route", "config", "bridge", "bridge/atomicfile", "bridge/childprocess", "bridge/regularfile", "bridge/sharedfile", "bridge/mcp", "bridge/unitycatalog", "bridge/emulator", "bridge/audit", "bridge/confusable", "bridge/pins", "bridge/policy", "bridge/record", "bridge/refusal", "bridge/jsonrpc", "bridge/databricks", "bridge/databricks/origin", "bridge/shell", "bridge/aggregate", "bridge/jsonlog",
		"cmd/internal/aiclient", "cmd/internal/arguments", "cmd/internal/commandline", "cmd/internal/content", "cmd/internal/doctor", "cmd/internal/form",
		"cmd/internal/listing", "cmd/internal/remote", "cmd/internal/terminal", "cmd/internal/throttle",
	},
	"cmd/internal/throttle":    {},
	"cmd/internal/aiclient":    {"cmd/internal/document", "bridge/atomicfile", "bridge/regularfile", "bridge/sharedfile"},
	"cmd/internal/arguments":   {},
	"cmd/internal/commandline": {"config", "bridge/shell"},
	"cmd/internal/content":     {"bridge/sharedfile", "cmd/internal/terminal"},
	"cmd/internal/doctor": {
		"config/route", "config", "bridge/unitycatalog", "bridge/refusal", "bridge/jsonrpc", "bridge/streamable", "bridge/databricks", "bridge/databricks/auth", "bridge/regularfile", "bridge/shell", "cmd/internal/aiclient",
		"cmd/internal/arguments", "cmd/internal/commandline", "cmd/internal/listing", "cmd/internal/remote", "cmd/internal/terminal",
	},
	"cmd/internal/document": {},
	"cmd/internal/form":     {"cmd/internal/terminal"},
	"cmd/internal/listing":  {"cmd/internal/arguments", "cmd/internal/terminal"},
	"cmd/internal/remote":   {"bridge/mcp", "bridge/refusal", "bridge/jsonrpc", "cmd/internal/terminal"},
	"cmd/internal/terminal": {},

	"config":                    {"config/route"},
	"bridge":                    {"bridge/lazyregexp", "bridge/shell", "bridge/adapt", "config", "bridge/translate", "bridge/gateway", "bridge/record", "bridge/oauth", "bridge/seal", "bridge/govern", "bridge/mcp", "bridge/pins", "bridge/policy", "bridge/scim", "bridge/webui", "bridge/session", "bridge/standby", "bridge/telemetry", "bridge/unitycatalog", "bridge/streamable", "bridge/databricks", "bridge/refusal", "bridge/jsonrpc", "bridge/aggregate", "bridge/atomicfile", "bridge/regularfile", "bridge/aggregate/endpoint", "bridge/inprocess"},
	"bridge/aggregate":          {"bridge/guard", "bridge/mcp", "bridge/refusal", "bridge/jsonrpc"},
	"bridge/adapt":              {"bridge/quirks", "bridge/mcp", "bridge/jsonrpc"},
	"bridge/translate":          {"bridge/mcp", "bridge/streamable", "bridge/refusal", "bridge/jsonrpc"},
	"bridge/gateway":            {"bridge/tokencache", "bridge/policy", "bridge/scim", "bridge/seal", "bridge/telemetry", "bridge/oauth", "bridge/mcp", "bridge/atomicfile", "bridge/regularfile", "bridge/shell", "bridge/govern", "bridge/streamable", "bridge/databricks", "bridge/databricks/auth", "bridge/refusal", "bridge/jsonrpc"},
	"bridge/webui":              {"bridge/shell", "bridge/webui/markup", "bridge/confusable", "bridge/mcp", "bridge/gateway", "bridge/oauth", "bridge/seal", "bridge/streamable", "bridge/refusal", "bridge/jsonrpc", "bridge/inprocess"},
	"bridge/oauth":              {"bridge/tokencache", "bridge/refusal"},
	"bridge/record":             {"bridge/redact", "bridge/regularfile", "bridge/sharedfile", "bridge/mcp", "bridge/refusal", "bridge/jsonrpc"},
	"bridge/telemetry":          {"bridge/otlp", "bridge/mcp", "bridge/jsonrpc"},
	"bridge/govern":             {"bridge/audit", "bridge/pins", "bridge/policy", "bridge/redact", "bridge/strictjson", "bridge/mcp", "bridge/refusal", "bridge/jsonrpc", "bridge/atomicfile", "bridge/confusable"},
	"bridge/audit":              {"bridge/sharedfile", "bridge/regularfile", "bridge/policy", "bridge/redact", "bridge/refusal", "bridge/jsonrpc"},
	"bridge/pins":               {"bridge/sharedfile", "bridge/regularfile", "bridge/policy", "bridge/confusable", "bridge/strictjson", "bridge/mcp", "bridge/jsonrpc", "bridge/atomicfile"},
	"bridge/policy":             {"bridge/sharedfile", "bridge/confusable", "bridge/strictjson", "bridge/jsonrpc", "bridge/mcp"},
	"bridge/scim":               {"bridge/refusal"},
	"bridge/redact":             {"bridge/lazyregexp", "bridge/jsonrpc"},
	"bridge/strictjson":         {"bridge/confusable", "bridge/jsonrpc"},
	"bridge/confusable":         {},
	"bridge/session":            {"bridge/guard", "bridge/lazyregexp", "bridge/requesttrace", "bridge/quirks", "bridge/mcp", "bridge/streamable", "bridge/refusal", "bridge/jsonrpc"},
	"bridge/streamable":         {"bridge/mcp", "bridge/refusal", "bridge/requesttrace", "bridge/jsonrpc"},
	"bridge/standby":            {"bridge/regularfile", "bridge/mcp", "bridge/refusal", "bridge/jsonrpc", "bridge/atomicfile"},
	"bridge/unitycatalog":       {"bridge/refusal", "bridge/jsonrpc"},
	"bridge/atomicfile":         {"bridge/sharedfile"},
	"bridge/regularfile":        {"bridge/sharedfile"},
	"bridge/quirks":             {},
	"bridge/refusal":            {"bridge/mcp", "bridge/redact", "bridge/jsonrpc"},
	"bridge/mcp":                {"bridge/jsonrpc"},
	"bridge/jsonrpc":            {},
	"bridge/emulator":           {},
	"dist":                      {},
	"bridge/inprocess":          {},
	"bridge/aggregate/endpoint": {"bridge/aggregate", "bridge/seal", "bridge/guard", "bridge/mcp", "bridge/refusal", "bridge/jsonrpc"},

	"bridge/childprocess":              {},
	"bridge/sharedfile":                {},
	"bridge/sharedfile/sharedfiletest": {},
	"bridge/loopbacktest":              {},
	"bridge/programtest":               {},

	"config/route":              {},
	"bridge/databricks":         {"bridge/regularfile", "config/route", "bridge/databricks/auth", "bridge/databricks/network", "bridge/databricks/origin", "bridge/lazyregexp", "bridge/refusal", "bridge/jsonrpc", "bridge/atomicfile"},
	"bridge/databricks/auth":    {"bridge/sharedfile", "bridge/childprocess", "bridge/databricks/network", "bridge/databricks/origin", "bridge/lazyregexp", "bridge/shell", "bridge/refusal", "bridge/atomicfile", "bridge/regularfile"},
	"bridge/databricks/network": {"bridge/lazyregexp", "bridge/refusal", "bridge/requesttrace"},
	"bridge/requesttrace":       {},
	"bridge/databricks/origin":  {"bridge/lazyregexp"},
	"bridge/lazyregexp":         {},
	"bridge/otlp":               {},
	"bridge/webui/markup":       {},
	"bridge/shell":              {},
	"bridge/guard":              {},
	"bridge/jsonlog":            {},
	"bridge/seal":               {},
	"bridge/tokencache":         {},
}

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	const module = "ucbridge/"
	seen := make(map[string]bool)
	eachSource(t, func(pkg, file string) {
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("package %s has no place in the order of imports", pkg)
		}
		seen[pkg] = true
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if ours, ok := strings.CutPrefix(imported, module); ok && !slices.Contains(allowed, ours) {
				t.Errorf("%s must not import %s", file, imported)
			}
		}
	})
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("package %s is in the order of imports, but not in the tree", pkg)
		}
	}
}
